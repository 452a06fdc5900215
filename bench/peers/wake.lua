-- The gateway's cheapest authenticated write: a wake that the next heartbeat will pick up.
wrk.method = "POST"
wrk.body = '{"text": "bench", "mode": "next-heartbeat"}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer legacy-hook-token"
