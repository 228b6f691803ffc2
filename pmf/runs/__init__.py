"""The run folder: the only thing that training and the app share. No torch in here."""
