"""The images in docs/images: each script draws or photographs some of them anew."""
