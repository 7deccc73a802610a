#include "core/decision/record.h"

#include <algorithm>

#include "core/base/hash.h"

namespace nbo {

Reservation ReservationOf(const DecisionRecord& record) {
  Reservation reservation;
  reservation.decision = record.id;
  reservation.channel = record.channel;
  reservation.terminal = record.terminal_id.empty() ? 0 : Hash64(record.terminal_id);
  reservation.request = record.request_id.empty() ? 0 : Hash64(record.request_id);
  reservation.reserve_us = absl::ToUnixMicros(record.time);
  reservation.expire_us = absl::ToUnixMicros(record.expire_time);
  reservation.presumed = record.presumed;
  uint16_t rank = 0;
  for (const RecordedOffer& offer : record.offers) {
    ++rank;
    if (!offer.personal) continue;
    reservation.items.push_back({offer.offer, offer.group, rank, offer.attribution_days, offer.has_budget,
                                 offer.has_budget ? std::max<int64_t>(offer.cost_minor, 0) : 0});
  }
  return reservation;
}

}  // namespace nbo
