#include "server/ctl/decisions_command.h"

#include <map>
#include <ostream>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nbo/v1/decision_log_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/decimal.h"
#include "server/ctl/decisions_view.h"
#include "server/ctl/interrupt.h"
#include "server/ctl/output.h"
#include "server/ctl/time_parsing.h"

namespace nbo::ctl {
namespace {

using nbo::v1::LogEntry;

constexpr int kPage = 1000;
constexpr absl::Duration kPause = absl::Milliseconds(500);  // between two looks at the end of the log, or two tries
constexpr int kMaxRetries = 20;

// "2h", "90m": so long before `now`; else a time.
absl::StatusOr<absl::Time> ParseWhen(absl::string_view option, const std::string& text, absl::Time now) {
  absl::Duration ago;
  if (absl::ParseDuration(text, &ago) && ago >= absl::ZeroDuration()) return now - ago;
  const absl::StatusOr<absl::Time> time = ParseRfc3339(text);
  if (time.ok()) return time;
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": ", time.status().message(), ", nor how long ago, e.g. 90m or 24h"));
}

absl::Status Fill(const Context& context, const DecisionsFilter& filter, nbo::v1::ListEntriesRequest* request) {
  const absl::Time now = context.now ? context.now() : absl::Now();
  if (!filter.from.empty()) {
    const absl::StatusOr<absl::Time> from = ParseWhen("--from", filter.from, now);
    if (!from.ok()) return from.status();
    *request->mutable_from() = ToTimestamp(*from);
  }
  if (!filter.to.empty()) {
    const absl::StatusOr<absl::Time> to = ParseWhen("--to", filter.to, now);
    if (!to.ok()) return to.status();
    *request->mutable_to() = ToTimestamp(*to);
  }
  request->set_customer_id(filter.customer_id);
  request->set_decisions_only(filter.decisions_only);
  return absl::OkStatus();
}

void Print(Context& context, const LogEntry& entry) {
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, entry, false);
  } else {
    PrintEntry(context, entry);
  }
}

// Calls again while too many others read the log: what takes many calls is not given up for one of them.
absl::Status Patiently(const Context& context, absl::FunctionRef<absl::Status()> call) {
  absl::Status status = call();
  for (int i = 0; i < kMaxRetries && absl::IsResourceExhausted(status); ++i) {
    context.sleep ? context.sleep(kPause) : absl::SleepFor(kPause);
    status = call();
  }
  return status;
}

// Calls `each` with all entries that are asked for, page by page; false: enough.
absl::Status ForEach(const Context& context, ApiClient* client, nbo::v1::ListEntriesRequest request,
                     absl::FunctionRef<bool(const LogEntry&)> each) {
  do {
    nbo::v1::ListEntriesResponse response;
    const absl::Status read = Patiently(context, [&] { return client->ListEntries(request, &response); });
    if (!read.ok()) return read;
    for (const LogEntry& entry : response.entries()) {
      if (!each(entry)) return absl::OkStatus();
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

// "Too expensive" for "too-expensive": the name of a value of an enum with that prefix.
std::string ValueName(absl::string_view prefix, absl::string_view word) {
  return absl::StrCat(prefix, absl::StrReplaceAll(absl::AsciiStrToUpper(word), {{"-", "_"}, {" ", "_"}}));
}

absl::Status ToOutcome(const Context& context, const OutcomeOptions& options, nbo::v1::Outcome* outcome) {
  outcome->set_attribution_token(options.token);
  nbo::v1::OutcomeKind kind;
  if (!nbo::v1::OutcomeKind_Parse(ValueName("OUTCOME_KIND_", options.kind), &kind)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", options.kind,
                     "' is no outcome; use one of delivered, rendered, seen, spoken, clicked, accepted, declined, "
                     "dismissed, redeemed"));
  }
  outcome->set_kind(kind);
  nbo::v1::DeclineReason reason = nbo::v1::DECLINE_REASON_UNSPECIFIED;
  if (!options.reason.empty() && !nbo::v1::DeclineReason_Parse(ValueName("DECLINE_REASON_", options.reason), &reason)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--reason: '", options.reason,
                     "' is none; use one of not-interested, too-expensive, has-it, not-now, out-of-stock, other"));
  }
  outcome->set_decline_reason(reason);
  outcome->set_operator_id(options.operator_id);
  const absl::StatusOr<absl::Time> time = ParseTimeOption(options.time, context.now ? context.now() : absl::Now());
  if (!time.ok()) return time.status();
  *outcome->mutable_time() = ToTimestamp(*time);
  if (options.amount.empty()) return absl::OkStatus();
  const absl::StatusOr<Decimal> amount = ParseDecimal(options.amount);
  if (!amount.ok()) return absl::InvalidArgumentError(absl::StrCat("--amount: ", amount.status().message()));
  const absl::StatusOr<int64_t> minor = ToUnits(*amount, context.minor_digits);
  if (!minor.ok()) return absl::InvalidArgumentError(absl::StrCat("--amount: ", minor.status().message()));
  outcome->set_amount_minor(*minor);
  return absl::OkStatus();
}

// Prints what came since, until Ctrl-C.
ExitCode Follow(Context& context, ApiClient* client, nbo::v1::ListEntriesRequest request) {
  const InterruptGuard guard;
  request.set_newest_first(false);
  request.set_page_size(kPage);
  while (!guard.interrupted()) {
    nbo::v1::ListEntriesResponse response;
    const absl::Status read = Patiently(context, [&] { return client->ListEntries(request, &response); });
    if (!read.ok()) return Fail(context, read);
    for (const LogEntry& entry : response.entries()) Print(context, entry);
    context.out.flush();
    request.set_page_token(response.next_page_token());
    if (response.entries_size() == 0) context.sleep ? context.sleep(kPause) : absl::SleepFor(kPause);
  }
  return kExitOk;
}

constexpr absl::string_view kNoneInFull =
    "nothing to compute again: no such decision was recorded in full; a share of decisions is "
    "(decisions.full_permille), and those asked for with record_in_full";

// What became of decisions that were to be computed again.
struct Replays {
  int64_t compared = 0, different = 0;
  struct Failure {
    int64_t count = 0;
    std::string example;  // the first id
  };
  std::map<std::string, Failure> failures;  // by reason
  absl::Status first_failure;
};

// Whether an error says something about the decision that was asked for, so that others can be asked for.
bool IsOfTheDecision(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsNotFound(status) || absl::IsDataLoss(status) ||
         absl::IsInvalidArgument(status);
}

// An error that others would meet, too.
absl::Status Replay(Context& context, ApiClient* client, const std::string& id, Replays* replays) {
  nbo::v1::ReplayDecisionRequest request;
  request.set_decision_id(id);
  nbo::v1::ReplayDecisionResponse response;
  const absl::Status status = Patiently(context, [&] { return client->ReplayDecision(request, &response); });
  if (!status.ok()) {
    if (!IsOfTheDecision(status)) return status;
    Replays::Failure& failure = replays->failures[std::string(status.message())];
    if (++failure.count == 1) failure.example = id;
    replays->first_failure.Update(status);
    return absl::OkStatus();
  }
  ++replays->compared;
  replays->different += response.differences_size() > 0;
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else if (response.differences_size() > 0) {
    context.out << Printable(id) << " is not the same: " << Printable(absl::StrJoin(response.differences(), "; "))
                << "\n";
  }
  return absl::OkStatus();
}

void PrintReplays(Context& context, const Replays& replays) {
  std::ostream& out = context.format == OutputFormat::kText ? context.out : context.err;
  for (const auto& [reason, failure] : replays.failures) {
    out << Counted(failure.count, "decision") << " could not be computed again, e.g. " << Printable(failure.example)
        << ": " << Printable(reason) << "\n";
  }
  out << Counted(replays.compared, "decision") << " computed again";
  if (replays.compared > 0) {
    out << ", " << (replays.different == 0 ? "all the same" : absl::StrCat(replays.different, " not the same"));
  }
  out << "\n";
}

}  // namespace

ExitCode RunDecisionsTail(Context& context, const DecisionsTailOptions& options) {
  nbo::v1::ListEntriesRequest request;
  if (absl::Status s = Fill(context, options.filter, &request); !s.ok()) return FailUsage(context, s);
  ApiClient client(context.server, context.timeout);
  nbo::v1::ListEntriesRequest follow = request;
  follow.set_from_end(true);
  if (options.follow) {  // the end is taken before the last entries are read: none is missed between
    nbo::v1::ListEntriesResponse end;
    if (absl::Status s = client.ListEntries(follow, &end); !s.ok()) return Fail(context, s);
    follow.set_page_token(end.next_page_token());
  }
  if (options.lines > 0) {
    request.set_newest_first(true);
    request.set_page_size(options.lines);
    std::vector<LogEntry> entries;
    const absl::Status read = ForEach(context, &client, request, [&](const LogEntry& entry) {
      entries.push_back(entry);
      return static_cast<int>(entries.size()) < options.lines;
    });
    if (!read.ok()) return Fail(context, read);
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) Print(context, *entry);
    context.out.flush();
    if (entries.empty() && context.format == OutputFormat::kText) {
      context.err << "nboctl: no decision is in the log yet, or none that matches\n";
    }
  }
  return options.follow ? Follow(context, &client, follow) : kExitOk;
}

ExitCode RunDecisionsShow(Context& context, const std::string& decision_id) {
  nbo::v1::GetDecisionRequest request;
  request.set_decision_id(decision_id);
  ApiClient client(context.server, context.timeout);
  nbo::v1::GetDecisionResponse response;
  do {  // each answer has the outcomes of a part of the log
    nbo::v1::GetDecisionResponse part;
    const absl::Status read = Patiently(context, [&] { return client.GetDecision(request, &part); });
    if (!read.ok()) return Fail(context, read);
    *response.mutable_decision() = std::move(*part.mutable_decision());
    response.mutable_outcomes()->MergeFrom(part.outcomes());
    request.set_page_token(part.next_page_token());
  } while (!request.page_token().empty());
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, true);
  } else {
    PrintDecision(context, response);
  }
  return kExitOk;
}

ExitCode RunDecisionsExport(Context& context, const DecisionsFilter& filter) {
  nbo::v1::ListEntriesRequest request;
  if (absl::Status s = Fill(context, filter, &request); !s.ok()) return FailUsage(context, s);
  request.set_page_size(kPage);
  ApiClient client(context.server, context.timeout);
  const absl::Status read = ForEach(context, &client, request, [&](const LogEntry& entry) {
    PrintJson(context.out, entry, false);
    return true;
  });
  return read.ok() ? kExitOk : Fail(context, read);
}

ExitCode RunDecisionsReplay(Context& context, const std::vector<std::string>& ids, const DecisionsFilter& filter,
                            int64_t limit) {
  ApiClient client(context.server, context.timeout);
  std::vector<std::string> wanted = ids;
  if (wanted.empty()) {
    nbo::v1::ListEntriesRequest request;
    if (absl::Status s = Fill(context, filter, &request); !s.ok()) return FailUsage(context, s);
    request.set_decisions_only(true);
    request.set_page_size(kPage);
    const absl::Status read = ForEach(context, &client, request, [&](const LogEntry& entry) {
      if (entry.decision().full()) wanted.push_back(entry.decision().decision_id());
      return static_cast<int64_t>(wanted.size()) < limit;
    });
    if (!read.ok()) return Fail(context, read);
    if (wanted.empty()) return Fail(context, absl::NotFoundError(kNoneInFull));
  }
  Replays replays;
  for (const std::string& id : wanted) {
    if (absl::Status s = Replay(context, &client, id, &replays); !s.ok()) {
      PrintReplays(context, replays);
      return Fail(context, s);
    }
  }
  PrintReplays(context, replays);
  if (replays.compared == 0) return ExitCodeFor(replays.first_failure);
  return replays.different == 0 ? kExitOk : kExitRefused;
}

ExitCode RunOutcome(Context& context, const OutcomeOptions& options) {
  nbo::v1::RecordOutcomeRequest request;
  if (absl::Status s = ToOutcome(context, options, request.mutable_outcome()); !s.ok()) return FailUsage(context, s);
  ApiClient client(context.server, context.timeout);
  nbo::v1::RecordOutcomeResponse response;
  if (absl::Status s = client.RecordOutcome(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
  } else {
    context.out << "Outcome: " << EnumWords(nbo::v1::OutcomeResult_Name(response.result()), "OUTCOME_RESULT_") << "\n";
  }
  return kExitOk;
}

}  // namespace nbo::ctl
