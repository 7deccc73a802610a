#include "server/ctl/catalog_history.h"

#include <fstream>
#include <iterator>
#include <ostream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nbo/v1/catalog_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/output.h"

namespace nbo::ctl {
namespace {

using nbo::v1::CatalogActivation;

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

std::string CauseWord(CatalogActivation::Cause cause) {
  switch (cause) {
    case CatalogActivation::CAUSE_PUBLICATION: return "publication";
    case CatalogActivation::CAUSE_ROLLBACK: return "rollback";
    default: return "activation";
  }
}

// "active", "was active from ...", "scheduled", ...
std::string StateWords(const CatalogActivation& activation) {
  switch (activation.state()) {
    case CatalogActivation::STATE_SCHEDULED: return "scheduled";
    case CatalogActivation::STATE_CANCELLED:
      return absl::StrCat("cancelled by ", OrDash(activation.end_author()),
                          activation.end_note().empty() ? "" : absl::StrCat(": ", activation.end_note()));
    case CatalogActivation::STATE_FAILED: return absl::StrCat("failed: ", activation.end_note());
    default: return activation.active() ? "active" : "done";
  }
}

void AddActivation(const CatalogActivation& a, TextTable* table) {
  const bool scheduled = a.state() == CatalogActivation::STATE_SCHEDULED;
  table->AddRow({absl::StrCat(a.number()), absl::StrCat(a.version()), CauseWord(a.cause()),
                 FormatTimestamp(scheduled ? a.activate_time() : a.end_time()), StateWords(a), OrDash(a.author()),
                 OrDash(a.note())});
}

TextTable ActivationTable() {
  TextTable table("rrlllll");
  table.AddRow({"No", "Version", "Cause", "Time", "State", "Author", "Note"});
  return table;
}

void PrintActivation(const Context& context, const CatalogActivation& activation) {
  if (context.format == OutputFormat::kJson) return PrintJson(context.out, activation, false);
  if (activation.state() == CatalogActivation::STATE_SCHEDULED) {
    context.out << "Version " << activation.version() << " will be active from "
                << FormatTimestamp(activation.activate_time()) << " on (activation " << activation.number() << ")\n";
  } else if (activation.state() == CatalogActivation::STATE_CANCELLED) {
    context.out << "Activation " << activation.number() << " of version " << activation.version() << " is cancelled\n";
  } else {
    context.out << "Version " << activation.version() << " is active\n";
  }
}

absl::StatusOr<int64_t> VersionOf(absl::string_view text) {
  int64_t version = 0;
  if (text == "active") return 0;
  if (absl::SimpleAtoi(text, &version) && version > 0) return version;
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no version; write its number or 'active'"));
}

absl::Status FillSides(const CatalogDiffOptions& options, nbo::v1::DiffCatalogsRequest* request) {
  auto before = VersionOf(options.before);
  if (!before.ok()) return before.status();
  request->set_old_version(*before);
  if (options.after.empty()) return absl::OkStatus();  // the active one
  if (auto after = VersionOf(options.after); after.ok()) {
    request->set_new_version(*after);
    return absl::OkStatus();
  }
  std::ifstream file(options.after, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", options.after, "' is neither a version nor a file that can be opened"));
  }
  request->mutable_new_source()->set_file_name(options.after);
  request->mutable_new_source()->set_yaml(std::string(std::istreambuf_iterator<char>(file), {}));
  return absl::OkStatus();
}

}  // namespace

absl::Status SetTime(absl::string_view text, google::protobuf::Timestamp* timestamp) {
  if (text.empty()) return absl::OkStatus();
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--at: '", text, "' is no time; write for example 2026-04-01T06:00:00+02:00"));
  }
  *timestamp = ToTimestamp(time);
  return absl::OkStatus();
}

ExitCode RunCatalogList(Context& context, const CatalogListOptions& options) {
  ApiClient client(context.server, context.timeout);
  nbo::v1::ListCatalogsRequest request;
  request.set_page_size(options.limit);
  nbo::v1::ListCatalogsResponse response;
  if (absl::Status s = client.ListCatalogs(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  nbo::v1::ListActivationsRequest scheduled_request;
  scheduled_request.set_scheduled_only(true);
  nbo::v1::ListActivationsResponse scheduled;
  if (absl::Status s = client.ListActivations(scheduled_request, &scheduled); !s.ok()) return Fail(context, s);
  TextTable table("lrlrrlll");
  table.AddRow({"", "Version", "Published", "Offers", "Segments", "Author", "Note", "File"});
  for (const nbo::v1::CatalogVersion& c : response.catalogs()) {
    table.AddRow({c.active() ? "*" : "", absl::StrCat(c.version()), FormatTimestamp(c.publish_time()),
                  absl::StrCat(c.offer_count()), absl::StrCat(c.segment_count()), OrDash(c.author()), OrDash(c.note()),
                  OrDash(c.file_name())});
  }
  table.Print(context.out);
  if (!response.next_page_token().empty()) context.out << "There are older ones: --limit\n";
  if (scheduled.activations_size() == 0) return kExitOk;
  context.out << "\nScheduled:\n";
  TextTable plan = ActivationTable();
  for (const CatalogActivation& activation : scheduled.activations()) AddActivation(activation, &plan);
  plan.Print(context.out);
  return kExitOk;
}

ExitCode RunCatalogHistory(Context& context, const CatalogListOptions& options) {
  ApiClient client(context.server, context.timeout);
  nbo::v1::ListActivationsRequest request;
  request.set_page_size(options.limit);
  nbo::v1::ListActivationsResponse response;
  if (absl::Status s = client.ListActivations(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  TextTable table = ActivationTable();
  for (const CatalogActivation& activation : response.activations()) AddActivation(activation, &table);
  table.Print(context.out);
  if (!response.next_page_token().empty()) context.out << "There are earlier ones: --limit\n";
  return kExitOk;
}

ExitCode RunCatalogActivate(Context& context, const CatalogActivateOptions& options) {
  nbo::v1::ActivateCatalogRequest request;
  request.set_version(options.version);
  request.set_author(options.author);
  request.set_note(options.note);
  request.set_roll_back(options.roll_back);
  if (!options.at.empty()) {
    if (absl::Status s = SetTime(options.at, request.mutable_activate_time()); !s.ok()) return FailUsage(context, s);
  }
  ApiClient client(context.server, context.timeout);
  nbo::v1::ActivateCatalogResponse response;
  if (absl::Status s = client.ActivateCatalog(request, &response); !s.ok()) return Fail(context, s);
  PrintActivation(context, response.activation());
  return kExitOk;
}

ExitCode RunCatalogCancel(Context& context, const CatalogCancelOptions& options) {
  nbo::v1::CancelActivationRequest request;
  request.set_number(options.number);
  request.set_author(options.author);
  request.set_note(options.note);
  ApiClient client(context.server, context.timeout);
  nbo::v1::CancelActivationResponse response;
  if (absl::Status s = client.CancelActivation(request, &response); !s.ok()) return Fail(context, s);
  PrintActivation(context, response.activation());
  return kExitOk;
}

ExitCode RunCatalogDiff(Context& context, const CatalogDiffOptions& options) {
  nbo::v1::DiffCatalogsRequest request;
  if (absl::Status s = FillSides(options, &request); !s.ok()) return FailUsage(context, s);
  ApiClient client(context.server, context.timeout);
  nbo::v1::DiffCatalogsResponse response;
  if (absl::Status s = client.DiffCatalogs(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  if (response.changes_size() == 0) context.out << "No difference.\n";
  for (const nbo::v1::CatalogChange& change : response.changes()) {
    // "offer 'x' removed", or one line for each change below "offer 'x':".
    if (change.changes_size() == 1) {
      const std::string& only = change.changes(0);
      const bool whole = only == "added" || only == "removed";
      context.out << Printable(change.subject()) << (whole ? " " : ": ") << Printable(only) << "\n";
      continue;
    }
    context.out << Printable(change.subject()) << ":\n";
    for (const std::string& text : change.changes()) context.out << "  " << Printable(text) << "\n";
  }
  return kExitOk;
}

}  // namespace nbo::ctl
