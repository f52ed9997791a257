PARAMETERS = ("class_weights", "label_smoothing")
