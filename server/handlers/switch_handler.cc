#include "server/handlers/switch_handler.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/text.h"
#include "core/rules/edit_distance.h"
#include "server/handlers/convert.h"
#include "server/handlers/page.h"

namespace nbo::server {
namespace {

constexpr int kPreviewedOffers = 100;

// A target that may exist: everything but whether it does is checked.
absl::StatusOr<SwitchTarget> ToTarget(const v1::SwitchTarget& target) {
  const auto with_id = [](SwitchScope scope, absl::string_view field,
                          const std::string& id) -> absl::StatusOr<SwitchTarget> {
    if (absl::Status s = CheckId(field, id, /*required=*/true); !s.ok()) return s;
    return SwitchTarget{scope, id};
  };
  switch (target.target_case()) {
    case v1::SwitchTarget::kEverything:
      if (target.everything()) return SwitchTarget{SwitchScope::kEverything, ""};
      return absl::InvalidArgumentError("target.everything: must be true; leave it out to name something else");
    case v1::SwitchTarget::kChannel: {
      const auto channel = ToChannel("target.channel", target.channel());
      if (!channel.ok()) return channel.status();
      if (*channel == Channel::kUnspecified) return absl::InvalidArgumentError("target.channel: is required");
      return SwitchTarget{SwitchScope::kChannel, std::string(ChannelName(*channel))};
    }
    case v1::SwitchTarget::kStoreId: return with_id(SwitchScope::kStore, "target.store_id", target.store_id());
    case v1::SwitchTarget::kGroup: return with_id(SwitchScope::kGroup, "target.group", target.group());
    case v1::SwitchTarget::kOfferId: return with_id(SwitchScope::kOffer, "target.offer_id", target.offer_id());
    case v1::SwitchTarget::kCampaign: return with_id(SwitchScope::kCampaign, "target.campaign", target.campaign());
    case v1::SwitchTarget::TARGET_NOT_SET: break;
  }
  return absl::InvalidArgumentError(
      "target: is required; name everything, a channel, a store, a campaign, a group or an offer");
}

void FromTarget(const SwitchTarget& target, v1::SwitchTarget* out) {
  switch (target.scope) {
    case SwitchScope::kEverything: return out->set_everything(true);
    case SwitchScope::kChannel:
      return out->set_channel(static_cast<v1::Channel>(ChannelByName(target.id).value_or(Channel::kUnspecified)));
    case SwitchScope::kStore: return out->set_store_id(target.id);
    case SwitchScope::kGroup: return out->set_group(target.id);
    case SwitchScope::kOffer: return out->set_offer_id(target.id);
    case SwitchScope::kCampaign: return out->set_campaign(target.id);
  }
}

void FromSwitch(const Switch& what, v1::Switch* out) {
  FromTarget(what.target, out->mutable_target());
  out->set_author(what.author);
  out->set_reason(what.reason);
  FromTime(what.time, out->mutable_pause_time());
}

// How offers name what a scope is about.
struct CatalogNames {
  const char* field;
  const char* noun;
  const std::string& (*of)(const Offer& offer);
};

// nullopt: the catalog does not know such things.
std::optional<CatalogNames> NamesOf(SwitchScope scope) {
  using Name = const std::string&;
  switch (scope) {
    case SwitchScope::kOffer:
      return CatalogNames{"target.offer_id", "offer", [](const Offer& offer) -> Name { return offer.id; }};
    case SwitchScope::kGroup:
      return CatalogNames{"target.group", "group", [](const Offer& offer) -> Name { return offer.group; }};
    case SwitchScope::kCampaign:
      return CatalogNames{"target.campaign", "campaign",
                          [](const Offer& offer) -> Name { return offer.terms.campaign; }};
    default: return std::nullopt;
  }
}

// What stops an offer wherever it is shown, but for the switch of `target` itself.
bool PausedOtherwise(const Offer& offer, const SwitchTarget& target, const Switches& in_force) {
  if (in_force.empty()) return false;
  const auto paused = [&](SwitchScope scope, const std::string& id) {
    const SwitchTarget other{scope, id};
    return !(other == target) && in_force.Find(other) != nullptr;
  };
  return paused(SwitchScope::kEverything, "") || paused(SwitchScope::kOffer, offer.id) ||
         (!offer.group.empty() && paused(SwitchScope::kGroup, offer.group)) ||
         (!offer.terms.campaign.empty() && paused(SwitchScope::kCampaign, offer.terms.campaign));
}

void FillPreview(const SwitchTarget& target, const Catalog& catalog, const Switches& in_force,
                 v1::SwitchPreview* preview) {
  int count = 0;
  int otherwise_paused = 0;
  for (const Offer& offer : catalog.offers) {
    if (!Concerns(target, offer)) continue;
    if (++count <= kPreviewedOffers) preview->add_offer_ids(offer.id);
    if (PausedOtherwise(offer, target, in_force)) ++otherwise_paused;
  }
  preview->set_offer_count(count);
  preview->set_otherwise_paused_count(otherwise_paused);
}

void FillRecent(const RecentShown::Answers& answers, v1::RecentAnswers* recent) {
  FromTime(answers.since, recent->mutable_since_time());
  recent->set_answer_count(answers.all);
  recent->set_affected_count(answers.affected);
  if (answers.all > 0) {
    recent->set_affected_share(static_cast<double>(answers.affected) / static_cast<double>(answers.all));
  }
}

}  // namespace

// OK if a switch for the target can stop something now, as far as the catalog knows.
absl::Status SwitchHandler::CheckKnown(const SwitchTarget& target, const Catalog& catalog) const {
  const std::optional<CatalogNames> names = NamesOf(target.scope);
  if (!names.has_value()) return absl::OkStatus();
  std::vector<absl::string_view> known;
  for (const Offer& offer : catalog.offers) {
    const std::string& name = names->of(offer);
    if (name == target.id) return absl::OkStatus();
    if (!name.empty()) known.push_back(name);
  }
  return absl::InvalidArgumentError(absl::StrCat(names->field, ": '", target.id, "' is no ", names->noun,
                                                 " of the active catalog (version ", catalog.version, ")",
                                                 rules::DidYouMean(target.id, known)));
}

void SwitchHandler::AddWarnings(const SwitchTarget& target, bool paused, const SwitchOutcome& outcome,
                                v1::SetSwitchResponse* response) const {
  if (paused && target.scope == SwitchScope::kStore && !store_zones_->Pin()->Has(target.id) &&
      !recent_->HasStore(target.id, clock_->Now())) {
    response->add_warnings(absl::StrCat("store '", target.id,
                                        "' is not known here: it is not in stores.file and has not asked for offers "
                                        "in the last hour; is that its id?"));
  }
  if (!paused && !outcome.changed) {
    const std::shared_ptr<const Switches> in_force = board_->in_force();
    std::vector<absl::string_view> names;
    for (const Switch& other : in_force->paused()) {
      if (other.target.scope == target.scope) names.push_back(other.target.id);
    }
    response->add_warnings(absl::StrCat(TargetName(target), " was not paused", rules::DidYouMean(target.id, names)));
  }
}

absl::Status SwitchHandler::SetSwitch(const v1::SetSwitchRequest& request, v1::SetSwitchResponse* response) const {
  absl::StatusOr<SwitchTarget> target = ToTarget(request.target());
  if (!target.ok()) return target.status();
  const std::shared_ptr<const Catalog> catalog = catalog_->Pin();
  SwitchOutcome outcome = board_->Preview(*target, request.paused());
  // What was paused before the catalog changed stays so, and saying it again changes nothing.
  if (request.paused() && !outcome.in_force.has_value()) {
    if (absl::Status s = CheckKnown(*target, *catalog); !s.ok()) return s;
  }
  FillPreview(*target, *catalog, *board_->in_force(), response->mutable_preview());
  if (request.paused()) {
    FillRecent(recent_->Affected(*target, clock_->Now()), response->mutable_preview()->mutable_recent());
  }
  if (!request.validate_only()) {
    absl::StatusOr<SwitchOutcome> set = board_->Set({*target, request.paused(), request.author(), request.reason()});
    if (!set.ok()) return set.status();
    outcome = *std::move(set);
  }
  AddWarnings(*target, request.paused(), outcome, response);
  response->set_changed(outcome.changed);
  response->set_event_number(outcome.number);
  if (outcome.in_force.has_value()) FromSwitch(*outcome.in_force, response->mutable_in_force());
  return absl::OkStatus();
}

absl::Status SwitchHandler::ListSwitches(const v1::ListSwitchesRequest& request,
                                         v1::ListSwitchesResponse* response) const {
  auto page = ToPage(request);
  if (!page.ok()) return page.status();
  if (!request.history()) {
    const std::shared_ptr<const Switches> in_force = board_->in_force();  // outlives the loop
    for (const Switch& what : in_force->paused()) FromSwitch(what, response->add_switches());
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<SwitchEvent>> events = board_->List(page->before, page->size + 1);
  if (!events.ok()) return events.status();
  response->set_next_page_token(NextPage(*page, &*events, [](const SwitchEvent& event) { return event.number; }));
  for (const SwitchEvent& event : *events) {
    v1::SwitchEvent* out = response->add_events();
    out->set_number(event.number);
    FromTarget(event.what.target, out->mutable_target());
    out->set_paused(event.paused);
    out->set_author(event.what.author);
    out->set_reason(event.what.reason);
    FromTime(event.what.time, out->mutable_event_time());
  }
  return absl::OkStatus();
}

}  // namespace nbo::server
