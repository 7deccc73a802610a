#include "server/http/static_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "core/base/hash.h"
#include "server/http/gzip.h"

namespace nbo::server {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/vnd.microsoft.icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

// "app-3f9a1c2b.js" or "app-KQZXWVBA.js", as bundlers name what they make of a content: a dash and 8 or more digits and
// letters before the last dot, which are no word.
bool HasContentInName(absl::string_view name) {
  name = name.substr(0, name.rfind('.'));
  const size_t dash = name.rfind('-');
  if (dash == absl::string_view::npos) return false;
  const absl::string_view hash = name.substr(dash + 1);
  return hash.size() >= 8 && std::all_of(hash.begin(), hash.end(), absl::ascii_isalnum) &&
         (std::any_of(hash.begin(), hash.end(), absl::ascii_isdigit) ||
          std::none_of(hash.begin(), hash.end(), absl::ascii_islower));
}

// Whether the path has a part that begins with a dot.
bool IsHidden(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part.string()[0] == '.'; });
}

}  // namespace

StaticFile MakeStaticFile(absl::string_view name, std::string bytes) {
  StaticFile file;
  file.etag = absl::StrFormat("\"%016x\"", Hash64(bytes));
  file.content_type = ContentTypeOfName(name);
  file.immutable = HasContentInName(name);
  std::string gzipped = Gzip(bytes);
  if (gzipped.size() + 256 < bytes.size()) file.gzipped = std::move(gzipped);
  file.bytes = std::move(bytes);
  return file;
}

std::string_view ContentTypeOfName(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const auto& [end, type] : kTypes) {
    if (absl::EndsWith(lower, absl::string_view(end.data(), end.size()))) return type;
  }
  return "application/octet-stream";
}

absl::StatusOr<StaticFiles> StaticFiles::Load(const std::string& directory) {
  StaticFiles files;
  size_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator it(directory, error);
  if (error) return absl::NotFoundError(absl::StrCat(directory, ": ", error.message()));
  for (; it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (error) return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
    const fs::path inside = it->path().lexically_relative(directory);
    if (it->symlink_status(error).type() != fs::file_type::regular || IsHidden(inside)) continue;
    std::ifstream in(it->path(), std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in) return absl::UnavailableError(absl::StrCat(it->path().string(), ": cannot be read"));
    bytes += content.size();
    const std::string name = inside.generic_string();
    files.files_.emplace(name, MakeStaticFile(name, std::move(content)));
    if (files.size() > kMaxFiles || bytes > kMaxBytes) {
      return absl::ResourceExhaustedError(absl::StrCat(directory, ": more than ", kMaxFiles, " files or ",
                                                       kMaxBytes >> 20, " MiB; is it the directory of the screens?"));
    }
  }
  if (error) return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
  return files;
}

const StaticFile* StaticFiles::Find(absl::string_view path) const {
  if (!absl::ConsumePrefix(&path, "/")) return nullptr;
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

const StaticFile* StaticFiles::FindPage(absl::string_view path) const {
  while (absl::ConsumeSuffix(&path, "/")) {
  }
  const StaticFile* const index = Find(absl::StrCat(path, "/index.html"));
  return index != nullptr ? index : Find(absl::StrCat(path, ".html"));
}

}  // namespace nbo::server
