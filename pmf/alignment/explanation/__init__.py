"""Why a pair was matched."""
