#include "core/contact/contact.h"

#include <algorithm>

namespace nbo {
namespace {

Answer AnswerOf(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kAccepted: return Answer::kAccepted;
    case OutcomeKind::kDeclined: return Answer::kDeclined;
    case OutcomeKind::kDismissed: return Answer::kDismissed;
    default: return Answer::kNone;
  }
}

OutcomeKind KindOf(Answer answer) {
  switch (answer) {
    case Answer::kAccepted: return OutcomeKind::kAccepted;
    case Answer::kDeclined: return OutcomeKind::kDeclined;
    case Answer::kDismissed: return OutcomeKind::kDismissed;
    case Answer::kNone: break;
  }
  return OutcomeKind::kUnspecified;
}

// The latest answer holds; of one moment, the greater.
void JoinAnswer(Answer answer, int64_t time_us, Contact* into) {
  if (answer == Answer::kNone) return;
  const bool later = into->answer == Answer::kNone || time_us > into->answer_us ||
                     (time_us == into->answer_us && answer > into->answer);
  if (!later) return;
  into->answer = answer;
  into->answer_us = time_us;
}

}  // namespace

bool IsOutbound(Channel channel) {
  switch (channel) {
    case Channel::kEmail:
    case Channel::kSms:
    case Channel::kPush:
    case Channel::kMessenger:
    case Channel::kCourier: return true;
    default: return false;
  }
}

bool Presents(OutcomeKind kind, Channel channel) {
  if (kind == OutcomeKind::kUnspecified) return false;
  return kind != OutcomeKind::kDelivered || IsOutbound(channel);
}

bool Join(const Contact& from, Contact* into) {
  const Contact before = *into;
  into->group = std::max(into->group, from.group);
  into->terminal = std::max(into->terminal, from.terminal);
  into->request = std::max(into->request, from.request);
  into->channel = std::max(into->channel, from.channel);
  into->has_budget = into->has_budget || from.has_budget;
  into->told |= from.told;
  into->attribution_days = std::max(into->attribution_days, from.attribution_days);
  into->cost_minor = std::max(into->cost_minor, from.cost_minor);
  into->reserve_us = std::min(into->reserve_us, from.reserve_us);
  into->expire_us = std::max(into->expire_us, from.expire_us);
  into->release_us = std::min(into->release_us, from.release_us);
  into->present_us = std::min(into->present_us, from.present_us);
  into->redeem_us = std::min(into->redeem_us, from.redeem_us);
  JoinAnswer(from.answer, from.answer_us, into);
  return !(*into == before);
}

bool Join(const Outcome& outcome, Contact* into) {
  const Contact before = *into;
  // Clocks of devices differ; nothing is told before it was decided.
  const int64_t time_us = std::max(outcome.time_us, into->reserve_us);
  into->told |= KindBit(outcome.kind);
  if (Presents(outcome.kind, into->channel)) into->present_us = std::min(into->present_us, time_us);
  if (outcome.kind == OutcomeKind::kRedeemed) into->redeem_us = std::min(into->redeem_us, time_us);
  JoinAnswer(AnswerOf(outcome.kind), time_us, into);
  return !(*into == before);
}

uint16_t ImpliedKinds(const Contact& contact) {
  uint16_t kinds = 0;
  if (contact.answer != Answer::kNone) kinds |= KindBit(KindOf(contact.answer));
  if (contact.redeemed()) kinds |= KindBit(OutcomeKind::kRedeemed);
  return kinds;
}

}  // namespace nbo
