#include "server/ctl/switch_command.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nbo/v1/switch_service.pb.h"
#include "server/ctl/api_client.h"
#include "server/ctl/api_time.h"
#include "server/ctl/output.h"

namespace nbo::ctl {
namespace {

using nbo::v1::SwitchTarget;

constexpr int kShownOffers = 10;

absl::Status ToTarget(const SwitchOptions& options, SwitchTarget* target) {
  if (options.what == "everything") {
    if (!options.id.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("everything takes no id, but '", options.id, "' was given"));
    }
    target->set_everything(true);
    return absl::OkStatus();
  }
  if (options.id.empty()) return absl::InvalidArgumentError(absl::StrCat("which ", options.what, "? Write its id"));
  if (options.what == "channel") {
    const auto channel = ChannelByName(options.id);
    if (!channel.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("'", options.id, "' is no channel; use one of ", ChannelNames()));
    }
    target->set_channel(*channel);
  } else if (options.what == "store") {
    target->set_store_id(options.id);
  } else if (options.what == "group") {
    target->set_group(options.id);
  } else if (options.what == "campaign") {
    target->set_campaign(options.id);
  } else {
    target->set_offer_id(options.id);
  }
  return absl::OkStatus();
}

// "offer", "coffee-2for1"; the second is empty for everything.
std::pair<std::string, std::string> WordsOf(const SwitchTarget& target) {
  switch (target.target_case()) {
    case SwitchTarget::kEverything: return {"everything", ""};
    case SwitchTarget::kChannel: return {"channel", ChannelName(target.channel())};
    case SwitchTarget::kStoreId: return {"store", target.store_id()};
    case SwitchTarget::kGroup: return {"group", target.group()};
    case SwitchTarget::kOfferId: return {"offer", target.offer_id()};
    case SwitchTarget::kCampaign: return {"campaign", target.campaign()};
    case SwitchTarget::TARGET_NOT_SET: break;
  }
  return {"something that this nboctl does not know", ""};  // of a newer nbod
}

// "Offer coffee-2for1".
std::string Subject(const SwitchTarget& target) {
  auto [what, id] = WordsOf(target);
  what[0] = absl::ascii_toupper(static_cast<unsigned char>(what[0]));
  return id.empty() ? what : absl::StrCat(what, " ", id);
}

void PrintRecent(std::ostream& out, const nbo::v1::RecentAnswers& recent) {
  if (recent.answer_count() == 0) {
    out << "No answers since " << FormatTimestamp(recent.since_time()) << "\n";
    return;
  }
  out << "Of " << Counted(recent.answer_count(), "answer") << " since " << FormatTimestamp(recent.since_time()) << " "
      << recent.affected_count() << " (" << FormatShare(recent.affected_share()) << ") held "
      << "what this stops\n";
}

// What a switch concerns, in a line or two. `verb`: "It stops", "It would stop", "It brings back".
void PrintPreview(std::ostream& out, const char* verb, const nbo::v1::SwitchPreview& preview) {
  out << verb << " " << Counted(preview.offer_count(), "offer");
  if (preview.offer_ids_size() > 0) {
    const int shown = std::min(kShownOffers, preview.offer_ids_size());
    const std::vector<std::string> ids(preview.offer_ids().begin(), preview.offer_ids().begin() + shown);
    out << ": " << Printable(absl::StrJoin(ids, ", "));
    if (preview.offer_count() > shown) out << " and " << preview.offer_count() - shown << " more";
  }
  out << "\n";
  if (preview.otherwise_paused_count() > 0) {
    out << "Another switch pauses " << preview.otherwise_paused_count() << " of them anyway\n";
  }
  if (preview.has_recent()) PrintRecent(out, preview.recent());
}

void PrintWarnings(std::ostream& err, const nbo::v1::SetSwitchResponse& response) {
  for (const std::string& warning : response.warnings()) err << "nboctl: warning: " << Printable(warning) << "\n";
}

// "by anna since 2026-11-22 21:04:00 UTC: supplier out of stock".
std::string Origin(const nbo::v1::Switch& in_force) {
  return Printable(absl::StrCat("by ", in_force.author(), " since ", FormatTimestamp(in_force.pause_time()), ": ",
                                in_force.reason()));
}

// Sends the request, prints JSON if that is wanted, and gives the rest to `print`.
template <typename Print>
ExitCode Call(Context& context, const nbo::v1::SetSwitchRequest& request, Print print) {
  ApiClient client(context.server, context.timeout);
  nbo::v1::SetSwitchResponse response;
  if (absl::Status s = client.SetSwitch(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  print(response);
  PrintWarnings(context.err, response);
  return kExitOk;
}

}  // namespace

ExitCode RunSwitchSet(Context& context, const SwitchOptions& options, bool paused) {
  nbo::v1::SetSwitchRequest request;
  if (absl::Status s = ToTarget(options, request.mutable_target()); !s.ok()) return FailUsage(context, s);
  request.set_paused(paused);
  request.set_author(options.author);
  request.set_reason(options.reason);
  const std::string subject = Printable(Subject(request.target()));
  return Call(context, request, [&](const nbo::v1::SetSwitchResponse& response) {
    if (!response.changed()) {
      context.out << subject << " is "
                  << (paused ? absl::StrCat("paused already, ", Origin(response.in_force())) : "not paused")
                  << "; nothing was changed\n";
      return;
    }
    context.out << subject << " is " << (paused ? "paused" : "resumed") << "\n";
    PrintPreview(context.out, paused ? "It stops" : "It brings back", response.preview());
  });
}

ExitCode RunSwitchPreview(Context& context, const SwitchOptions& options) {
  nbo::v1::SetSwitchRequest request;
  if (absl::Status s = ToTarget(options, request.mutable_target()); !s.ok()) return FailUsage(context, s);
  request.set_paused(true);
  request.set_validate_only(true);
  const std::string subject = Printable(Subject(request.target()));
  return Call(context, request, [&](const nbo::v1::SetSwitchResponse& response) {
    if (!response.changed()) context.out << subject << " is paused already, " << Origin(response.in_force()) << "\n";
    PrintPreview(context.out, response.changed() ? "It would stop" : "It stops", response.preview());
  });
}

ExitCode RunSwitchList(Context& context, const SwitchListOptions& options) {
  nbo::v1::ListSwitchesRequest request;
  request.set_history(options.history);
  if (options.history) request.set_page_size(options.limit);
  ApiClient client(context.server, context.timeout);
  nbo::v1::ListSwitchesResponse response;
  if (absl::Status s = client.ListSwitches(request, &response); !s.ok()) return Fail(context, s);
  if (context.format == OutputFormat::kJson) {
    PrintJson(context.out, response, false);
    return kExitOk;
  }
  if (options.history) {
    TextTable table("rllllll");
    table.AddRow({"No", "Time", "", "What", "Id", "Author", "Reason"});
    for (const nbo::v1::SwitchEvent& event : response.events()) {
      const auto [what, id] = WordsOf(event.target());
      table.AddRow({absl::StrCat(event.number()), FormatTimestamp(event.event_time()), event.paused() ? "off" : "on",
                    what, id, event.author(), event.reason()});
    }
    table.Print(context.out);
    if (!response.next_page_token().empty()) context.out << "There are earlier ones: --limit\n";
    return kExitOk;
  }
  if (response.switches_size() == 0) {
    context.out << "Nothing is paused\n";
    return kExitOk;
  }
  TextTable table("lllll");
  table.AddRow({"Paused", "Id", "Since", "Author", "Reason"});
  for (const nbo::v1::Switch& paused : response.switches()) {
    const auto [what, id] = WordsOf(paused.target());
    table.AddRow({what, id, FormatTimestamp(paused.pause_time()), paused.author(), paused.reason()});
  }
  table.Print(context.out);
  return kExitOk;
}

}  // namespace nbo::ctl
