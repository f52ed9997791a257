"""The face detector and facenet-pytorch: the conversion of its networks for mien.align.mtcnn, and a comparison of the detectors."""
