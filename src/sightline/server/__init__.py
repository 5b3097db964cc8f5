"""The service: HTTP over one gallery, and its page.

``create_app`` makes the ASGI app, ``process.run`` serves it. All that a route can do, ``Gallery``
does; this room adds what many callers at once need: schemas, a queue, joined queries, kept
answers, jobs, and the guard at the door.
"""
