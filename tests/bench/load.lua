-- Sends prepared requests, one after the other, and writes the result as one line of JSON.
-- arg: the file with the beginnings of requests, the file with their bodies, the first to send, the file to answer to
local threads = {}
function setup(thread) table.insert(threads, thread) end

sent = 0
local heads, tails, first = {}, {}, 0

function init(args)
  for line in io.lines(args[1]) do heads[#heads + 1] = line:gsub("\t", "\r\n") .. "\r\n" end
  for line in io.lines(args[2]) do
    tails[#tails + 1] = #line > 0
      and "Content-Type: application/json\r\nContent-Length: " .. #line .. "\r\n\r\n" .. line
      or "\r\n"
  end
  first = tonumber(args[3])
  answer = args[4]
end

-- Each cycle through the requests sends other bodies.
function request()
  local place = first + sent
  sent = sent + 1
  local reader, pass = place % #heads, math.floor(place / #heads)
  return heads[reader + 1] .. tails[(reader + pass) % #tails + 1]
end

function done(summary, latency)
  local file = io.open(threads[1]:get("answer"), "w")
  file:write(string.format(
    '{"seconds": %f, "answers": %d, "refused": %d, "broken": %d, "sent": %d, "p50": %f, "p99": %f}',
    summary.duration / 1e6, summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    threads[1]:get("sent"), latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
  file:close()
end
