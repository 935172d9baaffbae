"""Zhongshu's server: everything that decides and stores. Workers call it; it never calls workers."""
