// The files of the screens, as they were made at build time.
#ifndef NBO_SERVER_HTTP_STATIC_FILES_H_
#define NBO_SERVER_HTTP_STATIC_FILES_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nbo::server {

struct StaticFile {
  std::string bytes;
  std::string gzipped;  // empty: that would not be smaller
  std::string etag;     // of the content, in quotes
  std::string_view content_type;
  bool immutable = false;  // its name changes with its content: caches need not ask again
};

// Of the name only the end matters, and whether it tells the content.
StaticFile MakeStaticFile(absl::string_view name, std::string bytes);

// All files of a directory, held in memory: no request touches the file system, so no path leads out of it. Immutable.
class StaticFiles {
 public:
  static constexpr size_t kMaxFiles = 2000;
  static constexpr size_t kMaxBytes = 64 << 20;

  // No files.
  StaticFiles() = default;

  // Reads them all, following no links and leaving out names that begin with a dot. RESOURCE_EXHAUSTED: too many or too
  // large; UNAVAILABLE: one cannot be read; NOT_FOUND: there is no such directory.
  static absl::StatusOr<StaticFiles> Load(const std::string& directory);

  // By the path of a URL, which begins with '/'. nullptr: there is none.
  const StaticFile* Find(absl::string_view path) const;
  // The page of "/pos": pos/index.html or pos.html; "/" is index.html. nullptr: there is none.
  const StaticFile* FindPage(absl::string_view path) const;

  bool empty() const { return files_.empty(); }
  size_t size() const { return files_.size(); }

 private:
  absl::flat_hash_map<std::string, StaticFile> files_;  // by path from the directory, without a '/' in front
};

// "text/html; charset=utf-8", by the end of the name.
std::string_view ContentTypeOfName(absl::string_view name);

}  // namespace nbo::server

#endif  // NBO_SERVER_HTTP_STATIC_FILES_H_
