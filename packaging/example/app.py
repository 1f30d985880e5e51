"""The function that packaging/quickstart deploys."""


def handler(event, context):
    print(f"greeting {event.get('name', 'nobody')}, with {context.memory_limit_in_mb} MB of memory")
    return {"greeting": f"Hello, {event.get('name', 'nobody')}!", "request": context.aws_request_id}
