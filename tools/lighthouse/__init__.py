"""Lighthouse on the built site, as a phone sees it.

run       builds the site, serves it, runs Lighthouse and compares with the goals
server    serves a folder with gzip and caching, as GitHub Pages does
"""
