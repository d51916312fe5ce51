"""The same server with the official Python SDK. usage: server.py PORT"""

import sys

import uvicorn
from mcp.server import MCPServer

server = MCPServer("add", version="1.0", log_level="ERROR")


@server.tool()
def add(a: int, b: int) -> str:
    """Adds two numbers"""
    return str(a + b)


app = server.streamable_http_app(json_response=True, stateless_http=True)
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
