#include "server/app/machine_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "absl/strings/numbers.h"

namespace nbo::server {

uint64_t MachineMemoryBytes(const std::string& limit_path) {
  const auto pages = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const uint64_t machine = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  std::string text;
  std::ifstream(limit_path) >> text;
  uint64_t limit = 0;
  return absl::SimpleAtoi(text, &limit) && limit > 0 ? std::min(machine, limit) : machine;
}

uint64_t AutomaticBlockCacheBytes(uint64_t machine_memory_bytes) {
  return std::max(machine_memory_bytes / 16, uint64_t{64} << 20);
}

}  // namespace nbo::server
