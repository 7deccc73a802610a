#include "server/ctl/catalog_command.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <ostream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nbo/v1/catalog_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/catalog_history.h"
#include "server/ctl/output.h"
#include "server/ctl/utf8.h"

namespace nbo::ctl {
namespace {

// The limit of CatalogSource.yaml, checked here so that a wrong file is not sent at all.
constexpr size_t kMaxCatalogBytes = 50 * 1024 * 1024;
constexpr int kDaysPerWeek = 7;
// The limit of CatalogSource.window_shift_days.
constexpr int kMaxShiftDays = 36500;

absl::StatusOr<nbo::v1::CatalogSource> ReadSource(const CatalogFileOptions& options) {
  if (options.shift_weeks > kMaxShiftDays / kDaysPerWeek || options.shift_weeks < -kMaxShiftDays / kDaysPerWeek) {
    return absl::InvalidArgumentError("--shift-weeks must lie within -5214 and 5214");
  }
  std::ifstream file(options.file, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", options.file));
  nbo::v1::CatalogSource source;
  std::string& yaml = *source.mutable_yaml();
  yaml.resize(kMaxCatalogBytes + 1);
  file.read(yaml.data(), static_cast<std::streamsize>(yaml.size()));
  if (file.bad()) return absl::InvalidArgumentError(absl::StrCat("cannot read ", options.file));
  yaml.resize(file.gcount());
  if (yaml.size() > kMaxCatalogBytes) {
    return absl::InvalidArgumentError(absl::StrCat(options.file, " is larger than 50 MiB, the limit of a catalog"));
  }
  if (yaml.empty()) return absl::InvalidArgumentError(absl::StrCat(options.file, " is empty"));
  if (!IsUtf8(yaml)) return absl::InvalidArgumentError(absl::StrCat(options.file, ": not UTF-8; save it as UTF-8"));
  source.set_file_name(options.file);
  source.set_window_shift_days(options.shift_weeks * kDaysPerWeek);
  return source;
}

using Diagnostics = google::protobuf::RepeatedPtrField<nbo::v1::CatalogDiagnostic>;

void PrintDiagnostic(const Context& context, const nbo::v1::CatalogDiagnostic& diagnostic, const std::string& file) {
  const std::string& text = diagnostic.rendered();
  if (text.empty()) {
    context.out << file << ":" << diagnostic.line() << ":" << diagnostic.column() << ": "
                << Printable(diagnostic.message()) << "\n";
  } else {
    context.out << Printable(text) << (text.back() == '\n' ? "" : "\n");
  }
}

// Prints mistakes and some or all warnings, and how many there are of each.
void PrintDiagnostics(const Context& context, const Diagnostics& diagnostics, const CatalogFileOptions& options) {
  constexpr int kShownWarnings = 10;
  int warnings = 0;
  for (const nbo::v1::CatalogDiagnostic& diagnostic : diagnostics) {
    const bool warning = diagnostic.severity() == nbo::v1::CatalogDiagnostic::SEVERITY_WARNING;
    warnings += warning;
    if (!warning || warnings <= kShownWarnings || options.all_warnings) {
      PrintDiagnostic(context, diagnostic, options.file);
    }
  }
  if (diagnostics.empty()) return;
  const int mistakes = diagnostics.size() - warnings;
  context.out << options.file << ": ";
  if (mistakes > 0) context.out << Counted(mistakes, "mistake") << (warnings > 0 ? ", " : "");
  if (warnings > 0) context.out << Counted(warnings, "warning");
  if (warnings > kShownWarnings && !options.all_warnings) context.out << ", all shown with --all-warnings";
  context.out << "\n";
}

std::string Contents(int32_t offers, int32_t segments) {
  return absl::StrCat(offers, offers == 1 ? " offer, " : " offers, ", segments,
                      segments == 1 ? " segment" : " segments");
}

// Publishing failed with INVALID_ARGUMENT: asks for all the mistakes. False if the catalog itself is not at fault.
bool ShowMistakes(const Context& context, ApiClient& client, const CatalogFileOptions& options,
                  const nbo::v1::CatalogSource& source) {
  nbo::v1::ValidateCatalogRequest request;
  *request.mutable_source() = source;
  nbo::v1::ValidateCatalogResponse response;
  if (!client.ValidateCatalog(request, &response).ok() || response.valid()) return false;
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else {
    PrintDiagnostics(context, response.diagnostics(), options);
  }
  return true;
}

}  // namespace

ExitCode RunCatalogValidate(Context& context, const CatalogFileOptions& options) {
  absl::StatusOr<nbo::v1::CatalogSource> source = ReadSource(options);
  if (!source.ok()) return FailUsage(context, source.status());
  ApiClient client(context.server, context.timeout);
  nbo::v1::ValidateCatalogRequest request;
  *request.mutable_source() = *std::move(source);
  nbo::v1::ValidateCatalogResponse response;
  if (absl::Status status = client.ValidateCatalog(request, &response); !status.ok()) return Fail(context, status);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else {
    PrintDiagnostics(context, response.diagnostics(), options);
    if (response.valid()) {
      context.out << options.file << " is valid: " << Contents(response.offer_count(), response.segment_count())
                  << "\n";
    }
  }
  return response.valid() ? kExitOk : kExitRefused;
}

ExitCode RunCatalogPublish(Context& context, const CatalogFileOptions& options) {
  absl::StatusOr<nbo::v1::CatalogSource> source = ReadSource(options);
  if (!source.ok()) return FailUsage(context, source.status());
  ApiClient client(context.server, context.timeout);
  nbo::v1::PublishCatalogRequest request;
  *request.mutable_source() = *std::move(source);
  request.set_author(options.author);
  request.set_note(options.note);
  request.set_validate_only(options.dry_run);
  if (absl::Status s = SetTime(options.at, request.mutable_activate_time()); !s.ok()) return FailUsage(context, s);
  if (options.at.empty()) request.clear_activate_time();
  nbo::v1::PublishCatalogResponse response;
  const absl::Status status = client.PublishCatalog(request, &response);
  if (absl::IsInvalidArgument(status) && ShowMistakes(context, client, options, request.source())) {
    return Fail(context, absl::InvalidArgumentError(absl::StrCat(
                             options.file, " was not published; the active catalog stays. Correct it and try again")));
  }
  if (!status.ok()) return Fail(context, status);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  PrintDiagnostics(context, response.warnings(), options);
  if (options.dry_run) {
    context.out << options.file << " is valid and would become version " << response.version() << ": "
                << Contents(response.offer_count(), response.segment_count()) << ". Nothing was changed.\n";
  } else if (response.activation().state() == nbo::v1::CatalogActivation::STATE_SCHEDULED) {
    context.out << "Version " << response.version() << " will be active from "
                << FormatTimestamp(response.activation().activate_time()) << " on (activation "
                << response.activation().number() << "): " << Contents(response.offer_count(), response.segment_count())
                << "\n";
  } else {
    context.out << "Version " << response.version()
                << " is active: " << Contents(response.offer_count(), response.segment_count()) << "\n";
  }
  return kExitOk;
}

ExitCode RunCatalogShow(Context& context, const CatalogShowOptions& options) {
  ApiClient client(context.server, context.timeout);
  nbo::v1::GetCatalogRequest request;
  request.set_version(options.version);
  nbo::v1::GetCatalogResponse response;
  if (absl::Status status = client.GetCatalog(request, &response); !status.ok()) return Fail(context, status);
  if (options.yaml) {
    context.out << response.source().yaml();
    return kExitOk;
  }
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  TextTable table("ll");
  table.AddRow({"Version", absl::StrCat(response.version())});
  table.AddRow({"Published", FormatTimestamp(response.publish_time())});
  table.AddRow({"Author", response.author().empty() ? "-" : response.author()});
  table.AddRow({"Note", response.note().empty() ? "-" : response.note()});
  table.AddRow({"File", response.source().file_name().empty() ? "-" : response.source().file_name()});
  table.AddRow({"Holds", Contents(response.offer_count(), response.segment_count())});
  if (response.source().window_shift_days() != 0) {
    table.AddRow({"Windows", absl::StrCat("moved by ", response.source().window_shift_days(), " days")});
  }
  table.Print(context.out);
  return kExitOk;
}

}  // namespace nbo::ctl
