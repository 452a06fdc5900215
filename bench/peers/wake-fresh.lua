-- As wake.lua, with another text each time: nothing that waits can stand for what comes.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer legacy-hook-token"

local run, count = os.time(), 0

request = function()
  count = count + 1
  return wrk.format(nil, nil, nil, '{"text": "bench ' .. run .. '-' .. count .. '", "mode": "next-heartbeat"}')
end
