"""Use cases of the pages; no Streamlit in here."""
