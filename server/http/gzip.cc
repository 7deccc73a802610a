#include "server/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace nbo::server {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // zlib's way to say gzip
constexpr int kLevel = 1;
constexpr int kMemoryLevel = 8;

Bytef* Bytes(absl::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

}  // namespace

std::string Gzip(absl::string_view bytes) {
  z_stream stream = {};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    std::abort();  // no memory
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = Bytes(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = Bytes(out);
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

absl::StatusOr<std::string> Gunzip(absl::string_view compressed, size_t max_bytes) {
  z_stream stream = {};
  if (inflateInit2(&stream, kGzipWindowBits) != Z_OK) std::abort();  // no memory
  stream.next_in = Bytes(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  int result = Z_OK;
  // One byte beyond the limit shows that there is more.
  while (result == Z_OK && out.size() <= max_bytes) {
    const size_t made = out.size();
    out.resize(std::min(max_bytes + 1, std::max<size_t>(4096, 4 * made)));
    stream.next_out = Bytes(out) + made;
    stream.avail_out = static_cast<uInt>(out.size() - made);
    result = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  const bool is_whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (out.size() > max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the request is larger than ", max_bytes, " bytes when uncompressed"));
  }
  if (!is_whole) return absl::InvalidArgumentError("the request is not gzip, as Content-Encoding says, or is cut off");
  return out;
}

bool AcceptsGzip(absl::string_view accept_encoding) {
  for (const absl::string_view part : absl::StrSplit(accept_encoding, ',')) {
    const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(part, absl::MaxSplits(';', 1));
    if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(pair.first), "gzip")) continue;
    absl::string_view quality = absl::StripAsciiWhitespace(pair.second);
    // "q=0", "q=0.0" and so on: not at all.
    return !absl::StartsWithIgnoreCase(quality, "q=0") || quality.find_first_of("123456789") != quality.npos;
  }
  return false;
}

}  // namespace nbo::server
