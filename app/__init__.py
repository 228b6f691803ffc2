"""The front end; talks to the engine through run folders only."""
