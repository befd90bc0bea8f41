"""WordPress, where most newsrooms write: its exports (WXR), the objects of its REST API, and a site read through it."""
