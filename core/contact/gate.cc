#include "core/contact/gate.h"

#include <algorithm>

namespace nbo {
namespace {

// Explicitly out of reach of any time that is a time.
constexpr int64_t kAlways = INT64_MIN;

int64_t DaysBefore(int64_t now_us, int days) { return days == 0 ? kNever : now_us - days * kMicrosPerDay; }

}  // namespace

ContactGate::ContactGate(const ContactPolicy& policy, absl::Span<const Contact> contacts,
                         absl::Span<const Consent> consents, const ContactCircumstances& circumstances)
    : policy_(policy),
      contacts_(contacts),
      consents_(consents),
      here_(circumstances),
      now_us_(absl::ToUnixMicros(circumstances.now)) {
  SortCaps();
  if (!contacts_.empty()) Count();
  Conclude();
  request_verdict_ = JudgeRequest(consents);
}

void ContactGate::SortCaps() {
  for (size_t i = 0; i < policy_.caps.size(); ++i) {
    const ContactCap& cap = policy_.caps[i];
    if (!BindsHere(cap)) continue;
    since_us_[i] = now_us_ - cap.window_us();
    const bool overall = cap.scope == ContactCap::Scope::kOverall;
    if (overall) overall_counts_[i] = 0;
    (overall                                      ? overall_caps_
     : cap.scope == ContactCap::Scope::kEachOffer ? offer_caps_
                                                  : group_caps_)
        .push_back(static_cast<int8_t>(i));
  }
}

bool ContactGate::IsCounted(const Contact& contact) const {
  if (contact.presented()) return true;
  return contact.IsReserved(now_us_) && !TakesPlaceOf(here_.channel, here_.terminal, here_.request, contact);
}

// Of a contact that counts and is of what the cap is about.
bool ContactGate::InCap(const ContactCap& cap, const Contact& contact) const {
  return contact.count_us() > now_us_ - cap.window_us() &&
         (cap.channel == Channel::kUnspecified || cap.channel == contact.channel);
}

void ContactGate::Count() {
  const bool by_group = !group_caps_.empty();
  const bool by_offer = policy_.has_offer_rules || !offer_caps_.empty();
  if (by_offer) earlier_.resize(contacts_.size());
  for (size_t i = 0; i < contacts_.size(); ++i) {
    const Contact& contact = contacts_[i];
    if (!IsCounted(contact)) continue;
    const int64_t at_us = contact.count_us();
    for (const int8_t number : overall_caps_) {
      const Channel channel = policy_.caps[static_cast<size_t>(number)].channel;
      const bool same = channel == Channel::kUnspecified || channel == contact.channel;
      overall_counts_[static_cast<size_t>(number)] += same && at_us > since_us_[static_cast<size_t>(number)];
    }
    if (by_group && contact.group != 0) CountGroup(contact);
    if (by_offer) LinkOffer(static_cast<uint16_t>(i));
  }
}

void ContactGate::CountGroup(const Contact& contact) {
  const int64_t at_us = contact.count_us();
  const bool old = std::none_of(group_caps_.begin(), group_caps_.end(),
                                [&](int8_t number) { return at_us > since_us_[static_cast<size_t>(number)]; });
  if (old) return;
  const uint16_t group = policy_.GroupByKey(contact.group);
  if (group == 0) return;
  if (slot_of_group_.empty()) slot_of_group_.resize(policy_.groups.size());
  uint16_t& slot = slot_of_group_[group];
  if (slot == 0) {
    slot = static_cast<uint16_t>(group_of_slot_.size());
    group_of_slot_.push_back(group);
    full_caps_.push_back(-1);
    group_counts_.resize(group_counts_.size() + group_caps_.size());
  }
  int32_t* const counts = &group_counts_[(slot - 1u) * group_caps_.size()];
  // Also for caps of other groups, which never ask.
  for (size_t i = 0; i < group_caps_.size(); ++i) {
    counts[i] += InCap(policy_.caps[static_cast<size_t>(group_caps_[i])], contact);
  }
}

void ContactGate::LinkOffer(uint16_t number) {
  const auto position = policy_.positions.find(contacts_[number].offer);
  if (position == policy_.positions.end()) return;
  if (last_of_offer_.empty()) {
    last_of_offer_.resize(policy_.offers.size());
    told_ = last_of_offer_.data();
  }
  uint16_t& last = last_of_offer_[static_cast<size_t>(position->second)];
  earlier_[number] = last;
  last = static_cast<uint16_t>(number + 1);
}

void ContactGate::Conclude() {
  for (const int8_t number : overall_caps_) {
    const auto i = static_cast<size_t>(number);
    const int32_t times = policy_.caps[i].max - overall_counts_[i];
    if (times < overall_left_.times) overall_left_ = {times, number};
  }
  for (uint16_t slot = 1; slot < group_of_slot_.size(); ++slot) {
    const Left left = GroupLeft(group_of_slot_[slot]);
    if (left.times > 0) continue;
    full_caps_[slot] = left.cap;
    some_group_is_full_ = true;
  }
}

ContactGate::Left ContactGate::GroupLeft(uint16_t group) const {
  Left left;
  const uint16_t slot = slot_of_group_.empty() ? 0 : slot_of_group_[group];
  for (size_t i = 0; i < group_caps_.size(); ++i) {
    const ContactCap& cap = policy_.caps[static_cast<size_t>(group_caps_[i])];
    if (cap.scope == ContactCap::Scope::kGroup && cap.group != group) continue;
    const int32_t count = slot == 0 ? 0 : group_counts_[(slot - 1u) * group_caps_.size() + i];
    if (cap.max - count < left.times) left = {cap.max - count, group_caps_[i]};
  }
  return left;
}

ContactVerdict ContactGate::JudgeRequest(absl::Span<const Consent> consents) {
  int minute = -1;
  for (size_t i = 0; i < policy_.quiet_hours.size(); ++i) {
    const QuietHours& quiet = policy_.quiet_hours[i];
    if (!HasChannel(quiet.channels, here_.channel)) continue;
    if (minute < 0) {
      const absl::CivilSecond local = here_.zone.At(here_.now).cs;
      minute = local.hour() * 60 + local.minute();
    }
    if (quiet.Holds(minute)) return {ContactRule::kQuietHours, static_cast<int8_t>(i)};
  }
  if (HasChannel(policy_.consent_channels, here_.channel)) {
    const bool granted = std::any_of(consents.begin(), consents.end(), [&](const Consent& consent) {
      return consent.channel == here_.channel && consent.granted;
    });
    if (!granted) return {ContactRule::kConsent};
  }
  if (overall_left_.times <= 0) return {ContactRule::kOverallCap, overall_left_.cap};
  return {};
}

ContactVerdict ContactGate::CheckTold(int32_t offer, uint16_t last, uint16_t slot) const {
  const OfferContactPolicy& own = policy_.offers[static_cast<size_t>(offer)];
  if (last != 0) {
    const ContactRule cooldown = Cooldown(own.cooldowns, last);
    if (cooldown != ContactRule::kNone) return {cooldown, -1, 0, offer};
    if (own.has_own_cap) {
      if (OwnCapIsFull(own, last)) return {ContactRule::kOwnCap, -1, 0, offer};
    } else if (const int8_t cap = FullOfferCap(last); cap >= 0) {
      return {ContactRule::kOfferCap, cap, 0, offer};
    }
  }
  if (full_caps_[slot] >= 0) return {ContactRule::kGroupCap, full_caps_[slot], 0, offer};
  return {};
}

ContactRule ContactGate::Cooldown(const ContactCooldowns& cooldowns, uint16_t last) const {
  const int64_t accepted_since_us = DaysBefore(now_us_, cooldowns.accepted_days);
  const int64_t declined_since_us = DaysBefore(now_us_, cooldowns.declined_days);
  int ignored = 0;
  ContactRule rule = ContactRule::kNone;
  for (uint16_t i = last; i != 0; i = earlier_[i - 1u]) {
    const Contact& contact = contacts_[i - 1u];
    const int64_t accept_us = contact.accept_us(), decline_us = contact.decline_us();
    if (accept_us != kNever && accept_us > accepted_since_us) return ContactRule::kAccepted;
    if (decline_us != kNever && decline_us > declined_since_us) rule = ContactRule::kDeclined;
    ignored += contact.IsIgnored(now_us_);
  }
  if (rule != ContactRule::kNone) return rule;
  if (cooldowns.ignored_days == 0 || ignored < cooldowns.ignored_times) return ContactRule::kNone;
  const auto [in_a_row, since_us] = IgnoredInARow(last);
  const bool rests = in_a_row >= cooldowns.ignored_times && since_us > DaysBefore(now_us_, cooldowns.ignored_days);
  return rests ? ContactRule::kIgnored : ContactRule::kNone;
}

std::pair<int, int64_t> ContactGate::IgnoredInARow(uint16_t last) const {
  int64_t answered_us = kAlways;  // when the last was presented that was not ignored
  for (uint16_t i = last; i != 0; i = earlier_[i - 1u]) {
    const Contact& contact = contacts_[i - 1u];
    const bool answered = contact.presented() && (contact.answer != Answer::kNone || contact.redeemed());
    if (answered) answered_us = std::max(answered_us, contact.present_us);
  }
  int count = 0;
  int64_t since_us = kAlways;
  for (uint16_t i = last; i != 0; i = earlier_[i - 1u]) {
    const Contact& contact = contacts_[i - 1u];
    if (!contact.IsIgnored(now_us_) || contact.present_us <= answered_us) continue;
    ++count;
    since_us = std::max(since_us, contact.ignored_us());
  }
  return {count, since_us};
}

bool ContactGate::OwnCapIsFull(const OfferContactPolicy& own, uint16_t last) const {
  const int64_t since_us = now_us_ - own.own_window_minutes * kMicrosPerMinute;
  int32_t count = 0;
  for (uint16_t i = last; i != 0; i = earlier_[i - 1u]) count += contacts_[i - 1u].count_us() > since_us;
  return count >= own.own_max;
}

int8_t ContactGate::FullOfferCap(uint16_t last) const {
  for (const int8_t number : offer_caps_) {
    const ContactCap& cap = policy_.caps[static_cast<size_t>(number)];
    int32_t count = 0;
    for (uint16_t i = last; i != 0; i = earlier_[i - 1u]) count += InCap(cap, contacts_[i - 1u]);
    if (count >= cap.max) return number;
  }
  return -1;
}

ContactVerdict ContactAllowance::Take(int32_t offer) {
  const auto taken = [](int32_t times) { return static_cast<uint8_t>(std::min(times, 255)); };
  const ContactGate::Left overall = gate_.OverallLeft();
  if (taken_ >= overall.times) return {ContactRule::kOverallCap, overall.cap, taken(taken_), offer};
  const uint16_t group = gate_.policy_.offers[static_cast<size_t>(offer)].group;
  if (group != 0 && !gate_.group_caps_.empty()) {
    auto mine = std::find_if(by_group_.begin(), by_group_.end(), [&](const auto& g) { return g.first == group; });
    if (mine == by_group_.end()) {
      by_group_.emplace_back(group, 0);
      mine = by_group_.end() - 1;
    }
    const ContactGate::Left left = gate_.GroupLeft(group);
    if (mine->second >= left.times) return {ContactRule::kGroupCap, left.cap, taken(mine->second), offer};
    ++mine->second;
  }
  ++taken_;
  return {};
}

}  // namespace nbo
