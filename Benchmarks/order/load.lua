-- For wrk: sends one payload again and again, as the host does.
local file = assert(io.open(os.getenv("PAYLOAD")))
wrk.body = file:read "a"
file:close()
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json; charset=utf-8"
wrk.headers["X-Azure-Functions-HostVersion"] = "4.1037.0.0"
wrk.headers["X-Azure-Functions-InvocationId"] = "6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11"
