"""What can be set: model.py the settings, values.py their types, load.py where they come from."""
