-- For wrk: a caller's request as the host forwards it.
wrk.path = "/api/hello?name=Ada"
wrk.headers["Accept"] = "*/*"
wrk.headers["User-Agent"] = "curl/8.14.1 Azure-Functions-Host/4.1037.0.0"
wrk.headers["X-Azure-Functions-HostVersion"] = "4.1037.0.0"
wrk.headers["X-Azure-Functions-InvocationId"] = "6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11"
