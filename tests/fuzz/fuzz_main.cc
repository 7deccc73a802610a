// The entry that libFuzzer calls; NBO_FUZZ_TARGET is one of targets.h.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

// Rules make many small objects on deep stacks; the defaults cost half of the speed.
extern "C" const char* __asan_default_options() { return "malloc_context_size=4:quarantine_size_mb=32"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  nbo::fuzz::NBO_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
