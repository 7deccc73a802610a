// What a verdict of the gate says to people, and when it ends. Off the hot path: everything is looked up anew.
#include "core/contact/gate_words.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/contact/gate.h"

namespace nbo {
namespace {

constexpr int64_t kMinutesPerDay = 24 * 60;

std::string Plural(int64_t count, absl::string_view one) {
  return absl::StrCat(count, " ", one, count == 1 ? "" : "s");
}

// "7 days", "4 hours".
std::string WindowText(int32_t minutes) {
  if (minutes % kMinutesPerDay == 0) return Plural(minutes / kMinutesPerDay, "day");
  return minutes % 60 == 0 ? Plural(minutes / 60, "hour") : Plural(minutes, "minute");
}

// "20 min", "3 h", "5 days": as people say it.
std::string LengthText(int64_t minutes) {
  if (minutes < 60) return absl::StrCat(minutes, " min");
  if (minutes < 2 * kMinutesPerDay) return absl::StrCat(minutes / 60, " h");
  return absl::StrCat(minutes / kMinutesPerDay, " days");
}

std::string AgoText(int64_t then_us, int64_t now_us) {
  const int64_t minutes = (now_us - then_us) / kMicrosPerMinute;
  return minutes <= 0 ? "just now" : absl::StrCat(LengthText(minutes), " ago");
}

std::string ClockText(int minute) { return absl::StrFormat("%02d:%02d", minute / 60, minute % 60); }

std::string ScopeText(const ContactPolicy& policy, const ContactCap& cap, const ContactVerdict& verdict) {
  switch (cap.scope) {
    case ContactCap::Scope::kGroup:
    case ContactCap::Scope::kEachGroup: {
      const uint16_t group = policy.offers[static_cast<size_t>(verdict.offer)].group;
      return absl::StrCat(" for group '", policy.groups[group].id, "'");
    }
    case ContactCap::Scope::kEachOffer: return " for this offer";
    default: return cap.channel == Channel::kUnspecified ? " over all channels" : "";
  }
}

}  // namespace

std::string AgainText(std::optional<absl::Time> again, absl::Time now) {
  if (!again) return "";
  const int64_t us = absl::ToInt64Microseconds(*again - now);
  int64_t minutes = std::max<int64_t>(1, (us + kMicrosPerMinute - 1) / kMicrosPerMinute);
  const int64_t unit = minutes < 60 ? 1 : minutes <= 47 * 60 ? 60 : kMinutesPerDay;
  minutes = (minutes + unit - 1) / unit * unit;
  return absl::StrCat("; again in ", LengthText(minutes));
}

ContactCap ContactGate::CapOf(const ContactVerdict& verdict) const {
  if (verdict.rule != ContactRule::kOwnCap) return policy_.caps[static_cast<size_t>(verdict.number)];
  const OfferContactPolicy& own = policy_.offers[static_cast<size_t>(verdict.offer)];
  ContactCap cap;
  cap.scope = ContactCap::Scope::kEachOffer;
  cap.max = own.own_max;
  cap.window_minutes = own.own_window_minutes;
  return cap;
}

ContactGate::Tally ContactGate::TallyOf(const ContactVerdict& verdict) const {
  const ContactCap cap = CapOf(verdict);
  Tally tally;
  for (const Contact& contact : contacts_) {
    if (!IsCounted(contact) || !InCap(cap, contact)) continue;
    if (cap.scope == ContactCap::Scope::kEachOffer) {
      const auto position = policy_.positions.find(contact.offer);
      if (position == policy_.positions.end() || position->second != verdict.offer) continue;
    } else if (cap.scope != ContactCap::Scope::kOverall) {
      const uint16_t group = policy_.offers[static_cast<size_t>(verdict.offer)].group;
      if (contact.group != policy_.groups[group].key) continue;
    }
    if (tally.last == nullptr || contact.count_us() >= tally.last->count_us()) tally.last = &contact;
    int64_t leave_us = contact.count_us() + cap.window_us();
    if (!contact.presented()) leave_us = std::min(leave_us, contact.expire_us);
    tally.leave_us.push_back(leave_us);
  }
  return tally;
}

int64_t ContactGate::CooldownSince(const ContactVerdict& verdict) const {
  const uint16_t last = last_of_offer_[static_cast<size_t>(verdict.offer)];
  if (verdict.rule == ContactRule::kIgnored) return IgnoredInARow(last).second;
  int64_t since_us = INT64_MIN;
  for (uint16_t i = last; i != 0; i = earlier_[i - 1u]) {
    const Contact& contact = contacts_[i - 1u];
    const int64_t time_us = verdict.rule == ContactRule::kAccepted ? contact.accept_us() : contact.decline_us();
    if (time_us != kNever) since_us = std::max(since_us, time_us);
  }
  return since_us;
}

int ContactGate::CooldownDays(const ContactVerdict& verdict) const {
  const ContactCooldowns& cooldowns = policy_.offers[static_cast<size_t>(verdict.offer)].cooldowns;
  if (verdict.rule == ContactRule::kAccepted) return cooldowns.accepted_days;
  return verdict.rule == ContactRule::kDeclined ? cooldowns.declined_days : cooldowns.ignored_days;
}

// Quiet hours may follow each other; where they leave no gap, the end cannot be said.
std::optional<absl::Time> ContactGate::EndOfQuiet() const {
  absl::Time time = here_.now;
  for (size_t steps = 0; steps <= policy_.quiet_hours.size(); ++steps) {
    const absl::CivilSecond local = here_.zone.At(time).cs;
    const int minute = local.hour() * 60 + local.minute();
    const auto quiet = std::find_if(
        policy_.quiet_hours.begin(), policy_.quiet_hours.end(),
        [&](const QuietHours& hours) { return HasChannel(hours.channels, here_.channel) && hours.Holds(minute); });
    if (quiet == policy_.quiet_hours.end()) return time;
    const absl::CivilDay day = absl::CivilDay(local) + (quiet->to_minute > minute ? 0 : 1);
    const absl::TimeZone::TimeInfo end = here_.zone.At(absl::CivilMinute(day) + quiet->to_minute);
    // Where clocks are put forward over the end, it comes when they are; where they are put back, it comes twice.
    const absl::Time first = end.kind == absl::TimeZone::TimeInfo::SKIPPED ? end.trans : end.pre;
    time = first > time ? first : end.post;
  }
  return std::nullopt;
}

std::optional<absl::Time> ContactGate::AgainAt(const ContactVerdict& verdict) const {
  switch (verdict.rule) {
    case ContactRule::kNone: return here_.now;
    case ContactRule::kConsent: return std::nullopt;
    case ContactRule::kQuietHours: return EndOfQuiet();
    case ContactRule::kAccepted:
    case ContactRule::kDeclined:
    case ContactRule::kIgnored:
      return absl::FromUnixMicros(CooldownSince(verdict) + CooldownDays(verdict) * kMicrosPerDay);
    default: break;
  }
  if (verdict.taken != 0) return std::nullopt;  // it depends on when this answer is presented
  Tally tally = TallyOf(verdict);
  // All but max - 1 have to leave.
  std::sort(tally.leave_us.begin(), tally.leave_us.end());
  return absl::FromUnixMicros(tally.leave_us[tally.leave_us.size() - static_cast<size_t>(CapOf(verdict).max)]);
}

std::string ContactGate::ExplainCap(const ContactVerdict& verdict) const {
  const ContactCap cap = CapOf(verdict);
  const Tally tally = TallyOf(verdict);
  std::string text = absl::StrCat("cap of ", cap.max, " per ", WindowText(cap.window_minutes));
  if (cap.channel != Channel::kUnspecified) absl::StrAppend(&text, " at ", ChannelName(cap.channel));
  absl::StrAppend(&text, ScopeText(policy_, cap, verdict), ": ", tally.leave_us.size(), " already");
  if (tally.last != nullptr) {
    absl::StrAppend(&text, " (last ", AgoText(tally.last->count_us(), now_us_), " at ",
                    ChannelName(tally.last->channel), ")");
  }
  if (verdict.taken != 0) absl::StrAppend(&text, " and ", verdict.taken, " in this answer");
  return text;
}

std::string ContactGate::ExplainCooldown(const ContactVerdict& verdict) const {
  const std::string ago = AgoText(CooldownSince(verdict), now_us_);
  const std::string rest = absl::StrCat("; it rests ", Plural(CooldownDays(verdict), "day"));
  if (verdict.rule == ContactRule::kAccepted) return absl::StrCat("accepted ", ago, rest);
  if (verdict.rule == ContactRule::kDeclined) return absl::StrCat("declined ", ago, rest);
  const int times = IgnoredInARow(last_of_offer_[static_cast<size_t>(verdict.offer)]).first;
  if (times == 1) return absl::StrCat("ignored ", ago, rest);
  return absl::StrCat("ignored ", times, " times in a row, the last time ", ago, rest);
}

std::string ContactGate::ExplainConsent() const {
  const auto consent =
      std::find_if(consents_.begin(), consents_.end(), [&](const Consent& c) { return c.channel == here_.channel; });
  const absl::string_view channel = ChannelName(here_.channel);
  if (consent == consents_.end()) return absl::StrCat(channel, " needs the customer's consent: none was given");
  return absl::StrCat(channel, " needs the customer's consent: it was withdrawn ",
                      AgoText(absl::ToUnixMicros(consent->time), now_us_));
}

std::string ContactGate::Explain(const ContactVerdict& verdict) const {
  std::string text;
  switch (verdict.rule) {
    case ContactRule::kNone: return "";
    case ContactRule::kConsent: return ExplainConsent();
    case ContactRule::kQuietHours: {
      const QuietHours& quiet = policy_.quiet_hours[static_cast<size_t>(verdict.number)];
      const absl::CivilSecond local = here_.zone.At(here_.now).cs;
      text = absl::StrCat("quiet hours of ", ChannelName(here_.channel), " from ", ClockText(quiet.from_minute), " to ",
                          ClockText(quiet.to_minute), ": it is ", ClockText(local.hour() * 60 + local.minute()));
      break;
    }
    case ContactRule::kAccepted:
    case ContactRule::kDeclined:
    case ContactRule::kIgnored: text = ExplainCooldown(verdict); break;
    default: text = ExplainCap(verdict);
  }
  return text + AgainText(AgainAt(verdict), here_.now);
}

}  // namespace nbo
