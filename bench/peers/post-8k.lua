-- POST of 8 KiB; wrk builds the request once and sends the same bytes each time.
wrk.method = "POST"
wrk.body = string.rep("o", 8192)
wrk.headers["Content-Type"] = "application/octet-stream"
