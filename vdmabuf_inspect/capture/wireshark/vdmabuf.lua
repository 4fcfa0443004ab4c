-- Wireshark dissector for virtqueue events recorded by vdmabuf-inspect (pcapng, link type USER0, record version 1)
-- and for the virtio-vdmabuf messages in them. Use: tshark -X lua_script:vdmabuf.lua -r FILE, or copy it to the
-- personal Lua plugin folder. Fields are named vdmabuf.*; vdmabuf.state is the buffer's state after the event.

local vdmabuf = Proto("vdmabuf", "virtio-vdmabuf virtqueue event")

local MAGIC, VERSION = 0x5156, 1
local HEADER, DESCRIPTOR = 48, 24
local AVAILABLE, USED, KICK, CALL, GAP, START, STOP, LOOK, CONTROL = 1, 2, 3, 4, 5, 6, 7, 8, 9
local KINDS = { "AVAILABLE", "USED", "KICK", "CALL", "GAP", "START", "STOP", "LOOK", "CONTROL", "COUNTS", "PAGES" }
local RECV, SEND = 0, 1
local STALE, COMPLETE, PAUSED = 32, 64, 32768

local FLAGS = {
  "presumed", "indirect", "readable_changed", "tail_changed", "shortened", "stale",
  "complete", "compared", "back_end", "back_channel", "closed", "kicks_heard", "calls_heard", "ambiguous",
  "boundary", "late",
}
local PROBLEMS = {
  "size_invalid", "misaligned", "ring_outside_memory", "parts_overlap", "available_went_back", "available_jumped",
  "used_passed_available", "used_went_back", "available_flags", "used_flags", "head_out_of_range", "loop",
  "next_out_of_range", "too_long", "too_large", "writable_first", "outside_memory", "length_zero", "flags_unknown",
  "shared", "changed_in_flight", "indirect_not_negotiated", "indirect_nested", "indirect_with_next",
  "indirect_length", "indirect_outside_memory", "wrap_mismatch", "chain_bits", "published_early", "driver_event",
  "device_event", "id_reused",
}

-- vhost-user requests by number: a front end's, and those on the back end's own channel.
local BACK_END, BACK_CHANNEL, CLOSED, BOUNDARY = 256, 512, 1024, 16384
local REQUESTS = {
  "GET_FEATURES", "SET_FEATURES", "SET_OWNER", "RESET_OWNER", "SET_MEM_TABLE", "SET_LOG_BASE", "SET_LOG_FD",
  "SET_VRING_NUM", "SET_VRING_ADDR", "SET_VRING_BASE", "GET_VRING_BASE", "SET_VRING_KICK", "SET_VRING_CALL",
  "SET_VRING_ERR", "GET_PROTOCOL_FEATURES", "SET_PROTOCOL_FEATURES", "GET_QUEUE_NUM", "SET_VRING_ENABLE",
  "SEND_RARP", "NET_SET_MTU", "SET_BACKEND_REQ_FD", "IOTLB_MSG", "SET_VRING_ENDIAN", "GET_CONFIG", "SET_CONFIG",
  "CREATE_CRYPTO_SESSION", "CLOSE_CRYPTO_SESSION", "POSTCOPY_ADVISE", "POSTCOPY_LISTEN", "POSTCOPY_END",
  "GET_INFLIGHT_FD", "SET_INFLIGHT_FD", "GPU_SET_SOCKET", "RESET_DEVICE", "VRING_KICK", "GET_MAX_MEM_SLOTS",
  "ADD_MEM_REG", "REM_MEM_REG", "SET_STATUS", "GET_STATUS", "GET_SHARED_OBJECT", "SET_DEVICE_STATE_FD",
  "CHECK_DEVICE_STATE", "GET_SHMEM_CONFIG",
}
local CHANNEL_REQUESTS = {
  "IOTLB_MSG", "CONFIG_CHANGE_MSG", "VRING_HOST_NOTIFIER_MSG", "VRING_CALL", "VRING_ERR", "SHARED_OBJECT_ADD",
  "SHARED_OBJECT_REMOVE", "SHARED_OBJECT_LOOKUP", "SHMEM_MAP", "SHMEM_UNMAP",
}

-- Dialects: bytes of a message, where its command stands, what each number means, which half of an ID names the VM.
local RFC = { [0x00] = "NEED_VMID", [0x10] = "EXPORT", [0x11] = "DMABUF_REL" }
local DIALECTS = {
  { name = "spec", size = 260, cmd = 0, vm_first = true,
    commands = { [1] = "NEED_VMID", [2] = "EXPORT", [3] = "DMABUF_REL" } },
  { name = "rfc-v1", size = 268, cmd = 8, commands = RFC, in_place = true },
  { name = "rfc-v3", size = 280, cmd = 16, commands = RFC },
  { name = "rfc-v4", size = 280, cmd = 16, commands = RFC },
  { name = "intel", size = 280, cmd = 16,
    commands = { [0x10] = "EXPORT", [0x11] = "DMABUF_REL", [0x12] = "UNEXPORT" } },
  { name = "mtk", size = 280, cmd = 16,
    commands = { [0x10] = "NEED_VMID", [0x11] = "EXPORT", [0x12] = "DMABUF_REL" } },
}
local BY_NAME = {}
local CHOICES = { { 1, "detect", 0 } }
for number, dialect in ipairs(DIALECTS) do
  BY_NAME[dialect.name] = dialect
  CHOICES[number + 1] = { number + 1, dialect.name, number }
end
local DEVICE_IDS = { [30] = true, [36] = true, [37] = true, [40] = true }

-- What a message does to its buffer: new state by command and state before; nothing listed leaves it as it is.
local NONE = "none"
local AFTER = {
  EXPORT = { none = "exporting", exported = "exporting", withdrawn = "exporting", released = "exporting",
    exporting = "exporting" },
  EXPORT_IN_PLACE = { none = "exported", exporting = "exported", withdrawn = "exported", released = "exported" },
  EXPORT_USED = { none = "exported", exporting = "exported" },
  DMABUF_REL = { none = "released", exporting = "released", exported = "released", withdrawn = "released" },
  UNEXPORT = { none = "withdrawn", exporting = "withdrawn", exported = "withdrawn" },
}

vdmabuf.prefs.dialect = Pref.enum("Dialect", 0, "Read messages in this dialect, or detect it by size and direction",
  CHOICES, false)

local P = ProtoField
local f = {}
local function declare(name, make, label, ...)
  f[name] = make("vdmabuf." .. name, label, ...)
end

local kind_names = {}
for number, name in ipairs(KINDS) do kind_names[number] = name end
declare("kind", P.uint8, "Event", base.DEC, kind_names)
declare("flags", P.uint16, "Flags", base.HEX)
declare("device", P.uint16, "Device")
declare("queue", P.uint16, "Queue")
declare("queue_name", P.string, "Queue name")
declare("head", P.uint16, "Head descriptor")
declare("index", P.uint16, "Ring index")
declare("slot", P.uint16, "Slot")
declare("wrap", P.uint16, "Wrap counter")
declare("event", P.uint16, "Event index")
declare("used_len", P.uint32, "Used length")
declare("problems", P.uint32, "Problems", base.HEX)
declare("readable", P.uint32, "Readable bytes")
declare("writable", P.uint32, "Writable bytes")
declare("readable_kept", P.uint32, "Readable bytes kept")
declare("writable_kept", P.uint32, "Writable bytes kept")
declare("count", P.uint32, "Count")
declare("chain_length", P.uint16, "Descriptors in chain")
declare("descriptors", P.uint16, "Descriptors kept")
declare("desc", P.bytes, "Descriptor")
declare("desc.addr", P.uint64, "Address", base.HEX)
declare("desc.len", P.uint32, "Length")
declare("desc.flags", P.uint16, "Flags", base.HEX)
declare("desc.next", P.uint16, "Next")
declare("desc.index", P.uint16, "Index")
declare("desc.table", P.uint16, "Table", base.DEC, { [0] = "ring", [1] = "indirect" })
declare("payload.readable", P.bytes, "Readable payload")
declare("payload.writable", P.bytes, "Writable payload")
declare("start.device_id", P.uint32, "Device ID")
declare("start.size", P.uint32, "Queue size")
declare("start.features", P.uint64, "Features", base.HEX)
declare("start.desc", P.uint64, "Descriptor table", base.HEX)
declare("start.avail", P.uint64, "Available ring", base.HEX)
declare("start.used", P.uint64, "Used ring", base.HEX)
declare("start.avail_idx", P.uint16, "Available index")
declare("start.used_idx", P.uint16, "Used index")
declare("start.regions", P.uint32, "Memory regions")
declare("start.offered", P.uint64, "Offered features", base.HEX)
declare("region.gpa", P.uint64, "Region address", base.HEX)
declare("region.size", P.uint64, "Region size")
for _, name in ipairs({ "avail_flags", "avail_idx", "used_event", "used_flags", "used_idx", "avail_event" }) do
  declare("look." .. name, P.uint16, name)
end
declare("control.request", P.uint16, "vhost-user request")
declare("control.name", P.string, "vhost-user message")
declare("control.flags", P.uint16, "vhost-user header flags", base.HEX)
declare("control.fds", P.uint16, "File descriptors")
declare("control.size", P.uint32, "Payload size")
declare("control.payload", P.bytes, "vhost-user payload")
declare("control.text", P.string, "Connection")
declare("message", P.bytes, "Message")
declare("dialect", P.string, "Dialect")
declare("command", P.string, "Command")
declare("cmd", P.uint32, "cmd", base.HEX)
declare("request_id", P.uint32, "req_id")
declare("status", P.uint32, "stat")
declare("list", P.uint64, "Kernel list pointer", base.HEX)
declare("vmid", P.uint32, "VM ID")
declare("counter", P.uint32, "Counter")
declare("id", P.bytes, "Buffer ID")
declare("key", P.bytes, "Key")
declare("buffer", P.string, "Buffer")
declare("state", P.string, "State after this event")
declare("pages", P.uint32, "Pages")
declare("first_offset", P.uint32, "Offset in first page")
declare("last_length", P.uint32, "Length in last page")
declare("reference", P.uint64, "Page table", base.HEX)
declare("private_size", P.uint32, "Private data size")
declare("private", P.bytes, "Private data")
declare("rest", P.bytes, "Rest of op")
declare("padding", P.bytes, "Padding")

local flag_bits, problem_bits = {}, {}
for number, name in ipairs(FLAGS) do
  flag_bits[number] = P.bool("vdmabuf.flags." .. name, name:gsub("_", " "), 16, nil, 2 ^ (number - 1))
end
-- Of START and STOP the last one means another thing.
local edge_bits = {}
for number = 1, 15 do edge_bits[number] = flag_bits[number] end
edge_bits[16] = P.bool("vdmabuf.flags.paused", "paused", 16, nil, PAUSED)
for number, name in ipairs(PROBLEMS) do
  problem_bits[number] = P.bool("vdmabuf.problem." .. name, name:gsub("_", " "), 32, nil, 2 ^ (number - 1))
end

local all = {}
for _, field in pairs(f) do all[#all + 1] = field end
for _, field in ipairs(flag_bits) do all[#all + 1] = field end
all[#all + 1] = edge_bits[16]
for _, field in ipairs(problem_bits) do all[#all + 1] = field end
vdmabuf.fields = all

local E = ProtoExpert.new
local x = {
  cut = E("vdmabuf.expert.cut", "Record is shorter than its header says", expert.group.MALFORMED, expert.severity.ERROR),
  version = E("vdmabuf.expert.version", "Record version is not known", expert.group.UNDECODED, expert.severity.WARN),
  gap = E("vdmabuf.expert.missed", "Events were missed", expert.group.SEQUENCE, expert.severity.WARN),
  problem = E("vdmabuf.expert.problem", "The ring or chain is wrong", expert.group.PROTOCOL, expert.severity.ERROR),
  size = E("vdmabuf.expert.message_size", "Message has a size of no dialect", expert.group.MALFORMED,
    expert.severity.ERROR),
  command = E("vdmabuf.expert.command_unknown", "Command is not known in this dialect", expert.group.PROTOCOL,
    expert.severity.ERROR),
  private = E("vdmabuf.expert.private_size", "Private data is larger than the message", expert.group.MALFORMED,
    expert.severity.ERROR),
}
vdmabuf.experts = { x.cut, x.version, x.gap, x.problem, x.size, x.command, x.private }

-- What a pass remembers: devices by number, and by frame what was known when it was first read.
local devices, frames = {}, {}

function vdmabuf.init()
  devices, frames = {}, {}
end

local function device_of(number)
  local device = devices[number]
  if not device then
    device = { buffers = {}, flying = {}, ours = nil }
    devices[number] = device
  end
  return device
end

local function has(bits, bit)
  return bits % (2 * bit) >= bit
end

-- The record ------------------------------------------------------------------------------------------------------

-- One unpack of the whole header: a range of its own for each number would cost more than all the rest.
local function read_header(tvb)
  local r, _ = {}, nil
  _, _, r.kind, r.flags, r.queue, r.head, r.index, r.event, r.descriptors, r.used_len, r.problems, r.readable,
    r.writable, r.readable_kept, r.writable_kept, r.count, r.chain_length, r.device =
    Struct.unpack("<I2BBI2I2I2I2I2I2I4I4I4I4I4I4I4I2I2", tvb:raw(0, HEADER))
  local length, at = tvb:len(), HEADER
  r.table_kept = math.min(r.descriptors, math.floor((length - at) / DESCRIPTOR))
  r.data = at + r.table_kept * DESCRIPTOR
  r.data_kept = math.min(r.readable_kept, length - r.data)
  r.tail = math.min(r.data + r.data_kept + (-r.data_kept) % 4, length)
  r.tail_kept = math.min(r.writable_kept, length - r.tail)
  r.cut = r.table_kept < r.descriptors or r.data_kept < r.readable_kept or r.tail_kept < r.writable_kept
  return r
end

local function add_bits(tree, range, fields, bits)
  for number, field in ipairs(fields) do
    if has(bits, 2 ^ (number - 1)) then tree:add_le(field, range) end
  end
end

-- What says nothing is left out, so that a filter can ask whether it is there.
local HEADER_FIELDS = {
  { "index", 10, 2, { [AVAILABLE] = true, [USED] = true } }, { "event", 12, 2 }, { "descriptors", 14, 2 },
  { "used_len", 16, 4, { [USED] = true } }, { "readable", 24, 4 }, { "writable", 28, 4 }, { "readable_kept", 32, 4 },
  { "writable_kept", 36, 4 }, { "count", 40, 4, { [GAP] = true } }, { "chain_length", 44, 2 },
}

local function show_header(tvb, tree, r, name)
  tree:add_le(f.kind, tvb(3, 1))
  tree:add_le(f.device, tvb(46, 2))
  tree:add_le(f.queue, tvb(6, 2))
  if name then tree:add(f.queue_name, tvb(6, 2), name):set_generated() end
  if r.kind == AVAILABLE or r.kind == USED then
    tree:add_le(f.head, tvb(8, 2))
    if devices[r.device] and devices[r.device].packed then
      tree:add(f.slot, tvb(10, 2), r.index % 32768):set_generated()
      tree:add(f.wrap, tvb(10, 2), math.floor(r.index / 32768)):set_generated()
    end
  end
  for _, field in ipairs(HEADER_FIELDS) do
    local always = field[4]
    if r[field[1]] ~= 0 or always and always[r.kind] then
      tree:add_le(f[field[1]], tvb(field[2], field[3]))
    end
  end
  if r.flags ~= 0 then
    local bits = (r.kind == START or r.kind == STOP) and edge_bits or flag_bits
    add_bits(tree:add_le(f.flags, tvb(4, 2)), tvb(4, 2), bits, r.flags)
  end
  if r.problems ~= 0 then
    local problems = tree:add_le(f.problems, tvb(20, 4))
    add_bits(problems, tvb(20, 4), problem_bits, r.problems)
    problems:add_proto_expert_info(x.problem)
  end
  if r.cut then tree:add_proto_expert_info(x.cut) end
  if r.kind == GAP then tree:add_proto_expert_info(x.gap, string.format("%d events were missed", r.count)) end
end

local DESC_FIELDS = {
  { "desc.addr", 0, 8 }, { "desc.len", 8, 4 }, { "desc.flags", 12, 2 }, { "desc.next", 14, 2 },
  { "desc.index", 16, 2 }, { "desc.table", 18, 2 },
}

local function show_descriptors(tvb, tree, r)
  for number = 0, r.table_kept - 1 do
    local at = HEADER + number * DESCRIPTOR
    local length, flags, _, index = Struct.unpack("<I4I2I2I2", tvb:raw(at + 8, 10))
    local node = tree:add(f.desc, tvb(at, DESCRIPTOR))
    node:set_text(string.format("Descriptor %d: %d bytes, %s%s", index, length,
      has(flags, 2) and "writable" or "readable", has(flags, 4) and ", indirect" or ""))
    for _, field in ipairs(DESC_FIELDS) do
      node:add_le(f[field[1]], tvb(at + field[2], field[3]))
    end
  end
end

-- START and LOOK --------------------------------------------------------------------------------------------------

local START_FIELDS = {
  { "start.device_id", 0, 4 }, { "start.size", 4, 4 }, { "start.features", 8, 8 }, { "start.desc", 16, 8 },
  { "start.avail", 24, 8 }, { "start.used", 32, 8 }, { "start.avail_idx", 40, 2 }, { "start.used_idx", 42, 2 },
  { "start.regions", 44, 4 }, { "start.offered", 48, 8 },
}

local function show_start(tvb, tree, r)
  for _, field in ipairs(START_FIELDS) do
    tree:add_le(f[field[1]], tvb(r.data + field[2], field[3]))
  end
  local regions = math.min(tvb(r.data + 44, 4):le_uint(), math.floor((r.data_kept - 56) / 16))
  for number = 0, regions - 1 do
    tree:add_le(f["region.gpa"], tvb(r.data + 56 + number * 16, 8))
    tree:add_le(f["region.size"], tvb(r.data + 64 + number * 16, 8))
  end
end

local function show_look(tvb, tree, r)
  for number, name in ipairs({ "avail_flags", "avail_idx", "used_event", "used_flags", "used_idx", "avail_event" }) do
    tree:add_le(f["look." .. name], tvb(r.data + number * 2 - 2, 2))
  end
end

-- CONTROL ---------------------------------------------------------------------------------------------------------

local function control_name(r)
  if has(r.flags, BOUNDARY) then return has(r.flags, CLOSED) and "CLOSED" or "CONNECTED" end
  local names = has(r.flags, BACK_CHANNEL) and CHANNEL_REQUESTS or REQUESTS
  local name = names[r.head] or string.format("REQUEST_%d", r.head)
  return has(r.index, 4) and name .. " reply" or name
end

local function show_control(tvb, tree, r)
  tree:add(f["control.name"], tvb(8, 2), control_name(r)):set_generated()
  if has(r.flags, BOUNDARY) then
    if r.data_kept > 0 then tree:add(f["control.text"], tvb(r.data, r.data_kept)) end
    return
  end
  tree:add_le(f["control.request"], tvb(8, 2))
  tree:add_le(f["control.flags"], tvb(10, 2))
  tree:add_le(f["control.fds"], tvb(12, 2))
  tree:add_le(f["control.size"], tvb(40, 4))
  if r.data_kept > 0 then tree:add(f["control.payload"], tvb(r.data, r.data_kept)) end
end

-- Which dialect ---------------------------------------------------------------------------------------------------

local function zero(tvb, at, size)
  return not tvb:raw(at, size):find("[^\0]")
end

-- The 280-byte dialects give the numbers 0x10 to 0x12 different meanings; what the body can be decides.
-- One that was watched from its set-up and exports without asking for the VM ID has it in its configuration space.
local function judge_280(tvb, device, at, from_device)
  local cmd, op = tvb(at + 16, 4):le_uint(), at + 20
  if cmd == 0x00 then return "rfc-v4" end
  if cmd == 0x10 and zero(tvb, op + 4, 252) then return "mtk" end
  if cmd == 0x10 then return device.complete and not device.ours_seen and "intel" or nil end
  if cmd == 0x11 then
    return not from_device and tvb(op + 16, 4):le_uint() ~= 0 and zero(tvb, at + 24, 4) == false and "mtk" or nil
  end
  if cmd == 0x12 then return from_device and "mtk" or "intel" end
end

local function choose(tvb, device, at, size, from_device, in_place)
  local forced = DIALECTS[vdmabuf.prefs.dialect]
  if forced then return forced end
  if size == 260 and not in_place then return BY_NAME.spec end
  if size == 268 and in_place then return BY_NAME["rfc-v1"] end
  if size ~= 280 or in_place then return nil end
  device.dialect = device.dialect or judge_280(tvb, device, at, from_device)
  return BY_NAME[device.dialect or "rfc-v4"]
end

-- Where a message stands: driver to device in readable bytes at AVAILABLE on send, device to driver in the written
-- ones at USED on recv; in the one-queue dialect both in writable bytes. Returns offset, size, bytes kept, sender.
local function find_message(r, device)
  if r.kind ~= AVAILABLE and r.kind ~= USED then return nil end
  local from_device = r.kind == USED
  if r.queue == SEND and not from_device then return r.data, r.readable, r.data_kept, false, false end
  if r.queue ~= RECV then return nil end
  local forced = DIALECTS[vdmabuf.prefs.dialect]
  local in_place = forced and forced.in_place or not forced and device.in_place
  if not forced and not device.in_place and not from_device then
    in_place = r.writable == 268 and r.tail_kept == 268 and r.readable == 0
  end
  if from_device then return r.tail, r.used_len, r.tail_kept, true, in_place or false end
  if in_place then return r.tail, r.writable, r.tail_kept, false, true end
  return nil
end

-- What a first reading finds out, to be shown again whenever the frame is -------------------------------------------

local function step(device, raw, what)
  local before = device.buffers[raw] or NONE
  local after = (AFTER[what] or {})[before] or before
  device.buffers[raw] = after
  return after
end

local function names_vm_first(dialect, device, low, high)
  local first, last = low == device.vmid, high == device.vmid
  if first == last then return dialect.vm_first or false end
  return first
end

local function buffer_name(vm_first, low, high)
  return vm_first and string.format("%d:%d", low, high) or string.format("%d:%d", high, low)
end

local function track_message(r, device, m, raw)
  local low, high = Struct.unpack("<I4I4", raw)
  if m.command == "NEED_VMID" then
    device.vmid = m.from_device and low or device.vmid
    return false, nil
  end
  local vm_first = names_vm_first(m.dialect, device, low, high)
  local what = m.command == "EXPORT" and m.dialect.in_place and "EXPORT_IN_PLACE" or m.command
  if m.command == "EXPORT" and not m.from_device and not m.dialect.in_place then
    device.flying[r.queue * 65536 + r.head] = { raw = raw, buffer = buffer_name(vm_first, low, high) }
  end
  return vm_first, step(device, raw, what)
end

-- What is kept of a message is little and mostly the same, so equal notes are one table.
local notes = {}
local function note(dialect, from_device, in_place, vm_first, state)
  local key = string.format("%s %s %s %s %s", dialect and dialect.name, from_device, in_place, vm_first, state)
  notes[key] = notes[key] or { message = true, dialect = dialect, from_device = from_device, in_place = in_place,
    vm_first = vm_first, state = state }
  return notes[key]
end

-- The message that a note is about, read again from the frame.
local function open_message(tvb, r, known)
  local written = known.from_device or known.in_place
  local m = { at = written and r.tail or r.data, from_device = known.from_device, dialect = known.dialect,
    vm_first = known.vm_first, state = known.state }
  m.size = known.from_device and r.used_len or written and r.writable or r.readable
  m.kept = math.min(written and r.tail_kept or r.data_kept, m.size)
  if not m.dialect then return m end
  m.cmd = tvb(m.at + m.dialect.cmd, 4):le_uint()
  m.command = m.dialect.commands[m.cmd]
  if m.state then m.buffer = buffer_name(m.vm_first, Struct.unpack("<I4I4", tvb:raw(m.at + m.dialect.cmd + 4, 8))) end
  return m
end

local function read_message(tvb, r, device)
  local at, size, kept, from_device, in_place = find_message(r, device)
  if not at or size == 0 or device.foreign then return nil end
  kept = math.min(kept, size)
  local dialect = (kept >= 260 or vdmabuf.prefs.dialect > 0)
    and choose(tvb, device, at, size, from_device, in_place) or nil
  if not dialect or size ~= dialect.size or kept < size then
    local wrong = device.ours and not has(r.flags, STALE)
    return wrong and note(nil, from_device, in_place) or nil
  end
  device.ours, device.ours_seen, device.in_place = true, true, dialect.in_place
  local m = open_message(tvb, r, note(dialect, from_device, in_place))
  if not m.command then return note(dialect, from_device, in_place) end
  return note(dialect, from_device, in_place, track_message(r, device, m, tvb:raw(at + dialect.cmd + 4, 16)))
end

local function restart(tvb, r, device)
  if device.seen then
    devices[r.device] = nil
    device = device_of(r.device)
  end
  device.complete = has(r.flags, COMPLETE)
  if r.data_kept >= 48 then
    local id = tvb(r.data, 4):le_uint()
    device.foreign = id ~= 0 and not DEVICE_IDS[id]
    device.ours = id ~= 0 and not device.foreign or device.ours
    device.packed = has(tvb(r.data + 12, 4):le_uint(), 4)
  end
end

-- A first reading: a note of the message if there is one, or the buffer whose export the device hands back.
local function learn(tvb, r)
  local device = device_of(r.device)
  if r.kind == START then
    if not device.paused or not has(r.flags, PAUSED) then restart(tvb, r, device) end
    return nil
  end
  device.seen = device.seen or r.kind == AVAILABLE or r.kind == USED
  device.paused = device.paused or r.kind == STOP and has(r.flags, PAUSED)
  if r.kind == GAP or r.kind == STOP and not has(r.flags, PAUSED) then device.flying = {} end
  local key = r.queue * 65536 + r.head
  local known = read_message(tvb, r, device)
  if r.kind == USED and r.queue == SEND and device.flying[key] then
    local export = device.flying[key]
    device.flying[key] = nil
    export.state = step(device, export.raw, "EXPORT_USED")
    return export
  end
  return known
end

-- The message -----------------------------------------------------------------------------------------------------

local function show_prefix(tvb, node, m)
  if m.dialect.cmd == 8 then
    node:add_le(f.request_id, tvb(m.at, 4))
    node:add_le(f.status, tvb(m.at + 4, 4))
  elseif m.dialect.cmd == 16 then
    node:add_le(f.list, tvb(m.at, 8))
    node:add_le(f.list, tvb(m.at + 8, 8))
  end
end

local function show_id(tvb, node, m, op)
  local vm, counter = m.vm_first and op or op + 4, m.vm_first and op + 4 or op
  local id = node:add(f.id, tvb(op, 16))
  id:add_le(f.vmid, tvb(vm, 4))
  id:add_le(f.counter, tvb(counter, 4))
  id:add(f.key, tvb(op + 8, 8))
end

local function show_export(tvb, node, op)
  node:add_le(f.pages, tvb(op + 16, 4))
  node:add_le(f.first_offset, tvb(op + 20, 4))
  node:add_le(f.last_length, tvb(op + 24, 4))
  node:add_le(f.reference, tvb(op + 28, 8))
  local size = tvb(op + 36, 4):le_uint()
  local item = node:add_le(f.private_size, tvb(op + 36, 4))
  if size > 216 then item:add_proto_expert_info(x.private, string.format("Private data of %d bytes in a message "
    .. "that holds 216", size)) end
  if size > 0 then node:add(f.private, tvb(op + 40, math.min(size, 216))) end
end

local function show_body(tvb, node, m, op)
  if m.command == "NEED_VMID" then
    if m.from_device then node:add_le(f.vmid, tvb(op, 4)) end
    node:add(f.rest, tvb(op + 4, 252))
  elseif m.command then
    show_id(tvb, node, m, op)
    if m.command == "EXPORT" then show_export(tvb, node, op) else node:add(f.rest, tvb(op + 16, 240)) end
  else
    node:add(f.rest, tvb(op, 256)):add_proto_expert_info(x.command, string.format("Command 0x%x is not known in "
      .. "dialect %s", m.cmd, m.dialect.name))
  end
end

local function show_message(tvb, tree, m)
  local node = tree:add(f.message, tvb(m.at, m.kept))
  node:set_text(string.format("Message: %s, %d bytes", m.command or "unreadable", m.size))
  if not m.dialect then
    node:add_proto_expert_info(x.size, string.format("Message of %d bytes, %d of them kept", m.size, m.kept))
    return
  end
  local op = m.at + m.dialect.cmd + 4
  node:add(f.dialect, m.dialect.name):set_generated()
  show_prefix(tvb, node, m)
  node:add_le(f.cmd, tvb(m.at + m.dialect.cmd, 4))
  if m.command then node:add(f.command, tvb(m.at + m.dialect.cmd, 4), m.command) end
  show_body(tvb, node, m, op)
  if op + 256 < m.at + m.size then node:add(f.padding, tvb(op + 256, m.at + m.size - op - 256)) end
end

local function show_payload(tvb, tree, r, m)
  if r.kind == START and r.data_kept >= 56 then return show_start(tvb, tree, r) end
  if r.kind == LOOK and r.data_kept >= 12 then return show_look(tvb, tree, r) end
  if r.kind == CONTROL then return show_control(tvb, tree, r) end
  if m and m.at then return show_message(tvb, tree, m) end
  if r.data_kept > 0 then tree:add(f["payload.readable"], tvb(r.data, r.data_kept)) end
  if r.tail_kept > 0 then tree:add(f["payload.writable"], tvb(r.tail, r.tail_kept)) end
end

-- The frame -------------------------------------------------------------------------------------------------------

local function queue_name(r)
  if r.kind == CONTROL then return "vhost-user" end
  local device = devices[r.device]
  if not device or device.foreign or not device.ours then return nil end
  if device.in_place then return "messages" end
  return r.queue == RECV and "recv" or r.queue == SEND and "send" or nil
end

local function describe(r, m, name)
  local kind = KINDS[r.kind] or string.format("event %d", r.kind)
  local parts = { string.format("%d/%s %s", r.device, name or r.queue, kind) }
  if r.kind == AVAILABLE or r.kind == USED then
    parts[#parts + 1] = string.format(devices[r.device] and devices[r.device].packed and "id %d" or "head %d", r.head)
  elseif r.kind == CONTROL then
    parts[#parts + 1] = control_name(r)
  elseif r.count > 0 then
    parts[#parts + 1] = string.format("x%d", r.count)
  end
  if m and m.at and not m.dialect then parts[#parts + 1] = string.format("[message of %d bytes]", m.size) end
  if m and m.cmd then parts[#parts + 1] = m.command or string.format("[command 0x%x]", m.cmd) end
  if m and m.buffer then parts[#parts + 1] = m.buffer .. " " .. m.state end
  if r.problems ~= 0 then parts[#parts + 1] = string.format("[problems 0x%x]", r.problems) end
  if r.cut then parts[#parts + 1] = "[cut]" end
  return table.concat(parts, " ")
end

local function show_columns(pinfo, r, text)
  if r.kind == CONTROL then
    local back_end = has(r.flags, BACK_END)
    pinfo.cols.src = back_end and "back end" or "front end"
    pinfo.cols.dst = back_end and "front end" or "back end"
  end
  local to_device = r.kind == AVAILABLE or r.kind == KICK
  if to_device or r.kind == USED or r.kind == CALL then
    pinfo.cols.src = to_device and "driver" or "device"
    pinfo.cols.dst = to_device and "device" or "driver"
  end
  pinfo.cols.info = text
end

local function unknown_version(tvb, pinfo, tree, version)
  local node = tree:add(vdmabuf, tvb(), string.format("virtqueue event of record version %d", version))
  node:add_proto_expert_info(x.version)
  pinfo.cols.info = string.format("[record version %d]", version)
  return tvb:len()
end

function vdmabuf.dissector(tvb, pinfo, tree)
  if tvb:len() < HEADER then return 0 end
  local magic, version = Struct.unpack("<I2B", tvb:raw(0, 3))
  if magic ~= MAGIC then return 0 end
  pinfo.cols.protocol = "vdmabuf"
  if version ~= VERSION then return unknown_version(tvb, pinfo, tree, version) end
  local r = read_header(tvb)
  if frames[pinfo.number] == nil then frames[pinfo.number] = learn(tvb, r) or false end
  local m, name = frames[pinfo.number], queue_name(r)
  if m and m.message then m = open_message(tvb, r, m) end
  local text = describe(r, m, name)
  show_columns(pinfo, r, text)
  local node = tree:add(vdmabuf, tvb(), "virtqueue event: " .. text)
  show_header(tvb, node, r, name)
  if m and m.buffer then
    node:add(f.buffer, m.buffer):set_generated()
    node:add(f.state, m.state):set_generated()
  end
  show_descriptors(tvb, node, r)
  show_payload(tvb, node, r, m)
  return tvb:len()
end

DissectorTable.get("wtap_encap"):add((wtap_encaps or wtap).USER0, vdmabuf)
