"""Many models judged side by side: a challenge is a folder, no server."""
