PARAMETERS = ("gamma", "class_weights")
