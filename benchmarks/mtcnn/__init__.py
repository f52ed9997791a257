"""What needs facenet-pytorch: the conversion of its networks for mien.align.mtcnn, and the comparison with its detector."""
