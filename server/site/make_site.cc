#include "server/site/make_site.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nbo::server {
namespace {

// Where the build puts the screens: web/, beside the bin/ that nbod is in.
std::string DirectoryBesideProgram() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "web").string();
}

absl::Status Named(absl::string_view key, const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SiteContext>> MakeSiteContext(const Settings& settings, const MethodTable* methods) {
  auto context = std::make_unique<SiteContext>(methods);
  absl::StatusOr<CorsPolicy> cors = CorsPolicy::Parse(settings.http_cors_origins);
  if (!cors.ok()) return Named("http.cors_origins", cors.status());
  context->cors = *std::move(cors);
  const bool is_told = !settings.http_web_dir.empty();
  absl::StatusOr<StaticFiles> screens = StaticFiles::Load(is_told ? settings.http_web_dir : DirectoryBesideProgram());
  if (!screens.ok() && (is_told || !absl::IsNotFound(screens.status()))) {
    return Named("http.web_dir", screens.status());
  }
  if (screens.ok()) context->screens = *std::move(screens);
  return context;
}

}  // namespace nbo::server
