// UTF-8 from files, which may hold anything.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace nbo::ctl {

// True if the bytes are well-formed UTF-8 (Unicode 15, table 3-7): what a string field of a message may hold.
bool IsUtf8(absl::string_view bytes);

// The text up to `max_bytes`, never cut within a character, each byte that is not UTF-8 replaced by "?".
std::string CleanUtf8(absl::string_view bytes, size_t max_bytes);

}  // namespace nbo::ctl
