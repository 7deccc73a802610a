#include "server/ctl/maintenance_command.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nbo/v1/maintenance_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/interrupt.h"
#include "server/ctl/output.h"
#include "server/ctl/progress.h"

namespace nbo::ctl {
namespace {

constexpr absl::Duration kPollInterval = absl::Milliseconds(500);
// Of a store of any size.
constexpr absl::Duration kCompactTimeout = absl::Hours(24);

int64_t Total(const nbo::v1::Rebuild& rebuild) {
  return std::max(rebuild.customers_count(), rebuild.estimated_customers_count());
}

// Asks how far it is until it has ended or Ctrl-C was pressed.
absl::Status Watch(Context& context, ApiClient& client, bool quiet, nbo::v1::Rebuild* rebuild, bool* interrupted) {
  const InterruptGuard guard;
  const Progress::Style style = quiet                     ? Progress::Style::kQuiet
                                : context.err_is_terminal ? Progress::Style::kBar
                                                          : Progress::Style::kLines;
  Progress progress(context.err, style, context.now);
  progress.Begin("rebuilding", "customers", Total(*rebuild), rebuild->customers_count());
  while (rebuild->running()) {
    context.sleep(kPollInterval);
    *interrupted = guard.interrupted();
    if (*interrupted) {
      progress.End();
      return absl::OkStatus();
    }
    nbo::v1::GetRebuildResponse response;
    if (absl::Status status = client.GetRebuild({}, &response); !status.ok()) {
      progress.End();
      return absl::Status(status.code(), absl::StrCat("lost sight of the rebuild: ", std::string(status.message())));
    }
    *rebuild = response.rebuild();
    progress.SetTotal(rebuild->running() ? Total(*rebuild) : rebuild->customers_count());
    progress.Update(rebuild->customers_count());
  }
  progress.End();
  if (rebuild->has_start_time()) return absl::OkStatus();
  return absl::UnavailableError("the server was restarted and knows nothing of the rebuild; run nboctl rebuild again");
}

// How a rebuild that has ended went; an error says what is left to do.
absl::Status Verdict(const nbo::v1::Rebuild& rebuild) {
  if (rebuild.running()) return absl::OkStatus();
  if (rebuild.failed_count() > 0) {
    return absl::DataLossError(
        absl::StrCat("the receipts of ", Counted(rebuild.failed_count(), "customer"),
                     " cannot be read; what was known of them was left as it is. The last: ", rebuild.error()));
  }
  if (rebuild.error().empty()) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat("the rebuild stopped before its end: ", rebuild.error()));
}

ExitCode Show(Context& context, const nbo::v1::Rebuild& rebuild) {
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, rebuild, false);
  } else {
    PrintRebuild(context.out, rebuild);
  }
  const absl::Status verdict = Verdict(rebuild);
  return verdict.ok() ? kExitOk : Fail(context, verdict);
}

}  // namespace

void PrintRebuild(std::ostream& out, const nbo::v1::Rebuild& rebuild) {
  if (rebuild.running()) {
    out << "Rebuilding since " << FormatTimestamp(rebuild.start_time()) << ": " << rebuild.customers_count()
        << " of about " << Counted(Total(rebuild), "customer") << " done";
  } else if (!rebuild.has_start_time()) {
    out << "No rebuild was started since the server was\n";
    return;
  } else {
    const absl::Duration took = FromTimestamp(rebuild.end_time()) - FromTimestamp(rebuild.start_time());
    out << (rebuild.error().empty() || rebuild.failed_count() > 0 ? "Rebuilt " : "Stopped after ")
        << Counted(rebuild.customers_count(), "customer")
        << absl::StreamFormat(" in %.1f s, ended %s", absl::ToDoubleSeconds(took), FormatTimestamp(rebuild.end_time()));
  }
  if (rebuild.changed_count() == 0) {
    if (!rebuild.running()) out << "; all profiles were what the receipts say";
  } else {
    out << "; " << Counted(rebuild.changed_count(), "profile") << (rebuild.changed_count() == 1 ? " was" : " were")
        << " not what the receipts say, and corrected";
  }
  if (rebuild.failed_count() > 0) out << "; " << rebuild.failed_count() << " could not be rebuilt";
  out << "\n";
}

ExitCode RunRebuild(Context& context, const RebuildOptions& options) {
  ApiClient client(context.server, context.timeout);
  if (options.status) {
    nbo::v1::GetRebuildResponse response;
    if (absl::Status status = client.GetRebuild({}, &response); !status.ok()) return Fail(context, status);
    return Show(context, response.rebuild());
  }
  nbo::v1::RebuildStatesResponse response;
  if (absl::Status status = client.RebuildStates({}, &response); !status.ok()) return Fail(context, status);
  if (!response.started()) context.err << "nboctl: a rebuild is under way already; this shows that one\n";
  nbo::v1::Rebuild rebuild = response.rebuild();
  bool interrupted = false;
  const absl::Status watched = Watch(context, client, options.quiet, &rebuild, &interrupted);
  if (!watched.ok()) return Fail(context, watched);
  if (interrupted) {
    context.err << "nboctl: no longer watching; the server goes on with the rebuild. To see how far it is:\n"
                   "nboctl rebuild --status\n";
    return kExitInterrupted;
  }
  return Show(context, rebuild);
}

ExitCode RunCompact(Context& context) {
  const ExitCode exit_code = CompactStore(context);
  if (exit_code == kExitOk && context.format == OutputFormat::kJson) context.out << "{}\n";
  return exit_code;
}

ExitCode CompactStore(Context& context) {
  // Whether the server is there is known soon, whatever the deadline of the work itself.
  ApiClient probe(context.server, context.timeout);
  if (absl::Status status = probe.Connect(); !status.ok()) return Fail(context, status);
  context.err << "Rewriting all files of the store; this may take minutes. The server goes on serving." << std::endl;
  ApiClient client(context.server, std::max(context.timeout, kCompactTimeout));
  nbo::v1::CompactStoreResponse response;
  const absl::Time start = context.now();
  if (absl::Status status = client.CompactStore({}, &response); !status.ok()) return Fail(context, status);
  if (context.format == OutputFormat::kText) {
    context.out << absl::StreamFormat("All files are rewritten (%.1f s): nothing of erased customers is left in them\n",
                                      absl::ToDoubleSeconds(context.now() - start));
  }
  return kExitOk;
}

}  // namespace nbo::ctl
