#include "tests/core/contact/history.h"

#include <algorithm>
#include <set>

namespace nbo {
namespace {

void Take(const OutcomeEvent& event, Tolds* tolds) {
  const bool brought = event.contact.channel == Channel::kSms || event.contact.channel == Channel::kPush;
  Told& told = (*tolds)[{event.contact.decision, event.contact.rank}];
  told.reserved = event.contact;
  told.kinds.insert(event.outcome.kind);
  if (event.outcome.kind == OutcomeKind::kDelivered && !brought) return;
  const int64_t time = std::max(event.outcome.time_us, event.contact.reserve_us);
  if (!told.presented_us || time < *told.presented_us) told.presented_us = time;
  switch (event.outcome.kind) {
    case OutcomeKind::kAccepted: told.answers.push_back({time, Answer::kAccepted}); break;
    case OutcomeKind::kDeclined: told.answers.push_back({time, Answer::kDeclined}); break;
    case OutcomeKind::kDismissed: told.answers.push_back({time, Answer::kDismissed}); break;
    case OutcomeKind::kRedeemed:
      if (!told.redeemed_us || time < *told.redeemed_us) told.redeemed_us = time;
      break;
    default: break;
  }
}

void ReleaseAt(int64_t time_us, Told* told) {
  told->released_us = told->released ? std::min(told->released_us, time_us) : time_us;
  told->released = true;
}

}  // namespace

Tolds Recompute(const std::vector<Event>& events) {
  Tolds tolds;
  for (const Event& event : events) {
    if (const auto* reservation = std::get_if<Reservation>(&event)) {
      for (const auto& item : reservation->items) {
        Told& told = tolds[{reservation->decision, item.rank}];
        told.reserved = ContactOf(*reservation, item);
        if (reservation->presumed) {
          const int64_t time = reservation->reserve_us;
          told.presented_us = told.presented_us ? std::min(*told.presented_us, time) : time;
        }
      }
    }
    if (const auto* outcome = std::get_if<OutcomeEvent>(&event)) Take(*outcome, &tolds);
  }
  for (const Event& event : events) {
    const auto* release = std::get_if<ReleaseEvent>(&event);
    if (release == nullptr) continue;
    for (auto& [key, told] : tolds) {
      if (key.first != release->decision || (release->rank != 0 && key.second != release->rank)) continue;
      ReleaseAt(std::max(release->time_us, told.reserved.reserve_us), &told);
    }
  }
  // One answer at a time on a device: what was decided later there, for another request, ends what was before.
  for (auto& [key, old] : tolds) {
    for (const auto& [other_key, other] : tolds) {
      const Contact &a = old.reserved, &b = other.reserved;
      const bool later = b.reserve_us > a.reserve_us || (b.reserve_us == a.reserve_us && a.decision < b.decision);
      if (a.decision == b.decision || !later) continue;
      if (a.terminal == 0 || a.terminal != b.terminal || a.channel != b.channel) continue;
      if (a.request != 0 && a.request == b.request) continue;
      ReleaseAt(b.reserve_us, &old);
    }
  }
  return tolds;
}

std::vector<Contact> Kept(const Tolds& tolds, int64_t now_us) {
  std::vector<Contact> kept;
  for (const auto& [key, told] : tolds) {
    Contact contact = told.reserved;
    const bool is_over = contact.expire_us <= now_us;
    if (is_over && !told.presented_us && told.kinds.empty()) continue;
    if (now_us - contact.reserve_us >= 400 * 24 * kHourUs) continue;
    contact.present_us = told.presented_us.value_or(kNever);
    contact.redeem_us = told.redeemed_us.value_or(kNever);
    contact.told = 0;
    for (const OutcomeKind kind : told.kinds) contact.told |= 1 << static_cast<int>(kind);
    if (const auto answer = told.LastAnswer()) std::tie(contact.answer_us, contact.answer) = *answer;
    contact.release_us = told.released && !is_over ? told.released_us : kNever;
    if (is_over) contact.terminal = contact.request = 0;
    kept.push_back(contact);
  }
  return kept;
}

Channel RandomHistory::AnyChannel() {
  constexpr Channel kChannels[] = {Channel::kPos, Channel::kKiosk, Channel::kSms, Channel::kPush};
  return kChannels[Below(4)];
}

Reservation RandomHistory::AnyReservation(int64_t time_us, int number) {
  Reservation reservation;
  reservation.decision = {time_us / 1000, random_()};
  reservation.channel = AnyChannel();
  reservation.terminal = static_cast<uint64_t>(Below(3));
  reservation.request = static_cast<uint64_t>(Chance(50) ? 0 : 1 + Below(number / 2 + 1));
  reservation.reserve_us = time_us;
  reservation.expire_us = time_us + kHourUs / 2 * (1 + Below(40));
  reservation.presumed = reservation.channel == Channel::kPos && Chance(70);
  const int items = Chance(80) ? 1 : 2;
  for (int i = 0; i < items; ++i) {
    const int offer = Below(kOffers);
    const int group = Chance(5) ? Below(kGroups + 1) : offer % (kGroups + 1);  // it may have been in another group
    reservation.items.push_back({101u + static_cast<uint64_t>(offer),
                                 group == 0 ? 0 : 200u + static_cast<uint64_t>(group), static_cast<uint16_t>(i + 1)});
  }
  return reservation;
}

void RandomHistory::AddWhatBecame(const Reservation& reservation, std::vector<Event>* late) {
  for (const auto& item : reservation.items) {
    for (int i = Chance(60) ? 1 + Below(3) : 0; i > 0; --i) {
      const int64_t time = reservation.reserve_us + kHourUs / 2 * (Below(60) - 1);
      late->push_back(OutcomeEvent{ContactOf(reservation, item),
                                   {static_cast<OutcomeKind>(1 + Below(kOutcomeKindCount - 1)), time}});
    }
    if (Chance(10)) {
      const int64_t time = reservation.reserve_us + kHourUs / 2 * (Below(10) - 1);
      late->push_back(ReleaseEvent{reservation.decision, Chance(50) ? 0 : item.rank, time});
    }
  }
}

std::vector<Event> RandomHistory::Events(int decisions) {
  std::vector<Event> events, late;
  int64_t time = kStartUs;
  for (int i = 0; i < decisions; ++i) {
    time += kHourUs / 2 * (Chance(60) ? Below(4) : Below(96));
    const Reservation reservation = AnyReservation(time, i);
    events.push_back(reservation);
    AddWhatBecame(reservation, &late);
    while (!late.empty() && Chance(50)) {
      std::swap(late[static_cast<size_t>(Below(static_cast<int>(late.size())))], late.back());
      events.push_back(late.back());
      late.pop_back();
    }
  }
  events.insert(events.end(), late.begin(), late.end());
  last_us_ = time;
  return events;
}

void Fold(const Event& event, int64_t now_us, PersonContacts* contacts) {
  if (const auto* reservation = std::get_if<Reservation>(&event)) contacts->Reserve(*reservation, nullptr);
  if (const auto* outcome = std::get_if<OutcomeEvent>(&event)) {
    contacts->Record(outcome->contact, outcome->outcome, absl::FromUnixMicros(now_us));
  }
  if (const auto* release = std::get_if<ReleaseEvent>(&event)) {
    contacts->Release(release->decision, release->rank, absl::FromUnixMicros(release->time_us), nullptr);
  }
}

}  // namespace nbo
