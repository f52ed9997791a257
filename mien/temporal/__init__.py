"""Models of clips, each on top of a trained model of single frames.

That model is not trained further: it sees each frame once, and what pools the frames of a clip learns from its features.
Legend: B clips, T frames of the longest of them, N frames of all clips, D features, K classes.

Training on stored features takes seconds and gives the same bytes on every run. It draws frames, but it cannot draw changes of the images
(augmentation), nor adapt the backbone to clips.
"""
