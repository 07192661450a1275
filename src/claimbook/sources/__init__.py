"""Where figures come from: the only room that goes out."""
