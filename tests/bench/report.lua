-- wrk: each request is a new damage report with its own submission id.
local thread_number = 0
function setup(thread) thread:set("id", thread_number); thread_number = thread_number + 1 end
function init()
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  n = 0; math.randomseed(os.time() + id * 7919); salt = math.random(1, 1e9) end
function request()
  n = n + 1
  local key = string.format("bench-%d-%d-%010d", id, salt, n)
  local body = "once=" .. key .. "&kind=water&words=%E6%B0%B4%E9%BE%99%E5%A4%B4%E6%BB%B4%E6%B0%B4"
  return wrk.format("POST", nil, nil, body)
end
