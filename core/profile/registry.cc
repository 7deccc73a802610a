#include "core/profile/registry.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "core/base/limits.h"

namespace nbo {
namespace {

// The customer id under which receipts of an identity with that owner are; "": they are dropped.
std::string IdOf(const Owner& owner, const Identity& identity) {
  switch (owner.kind) {
    case Owner::kNobody: return DerivedCustomerId(identity);
    case Owner::kCustomer: return owner.customer_id;
    case Owner::kErased: return "";
  }
  return "";
}

// Customers who lose some of the identity's time when `before` becomes `after`.
std::set<std::string> Losers(const IdentityHistory& before, const IdentityHistory& after, const Identity& identity) {
  std::set<absl::Time> moments = {absl::InfinitePast()};
  for (const IdentityHistory* history : {&before, &after}) {
    for (const OwnerStatement& statement : history->statements()) moments.insert(statement.since);
  }
  std::set<std::string> losers;
  for (absl::Time moment : moments) {
    std::string old_id = IdOf(before.OwnerAt(moment), identity);
    if (!old_id.empty() && old_id != IdOf(after.OwnerAt(moment), identity)) losers.insert(std::move(old_id));
  }
  return losers;
}

// Books that one statement touches, read once each.
class Books {
 public:
  explicit Books(const ProfileStore& store) : store_(store) {}

  absl::StatusOr<CustomerBook*> Of(const std::string& customer_id) {
    if (auto it = books_.find(customer_id); it != books_.end()) return &it->second;
    auto book = CustomerBook::Read(store_, customer_id, kMaxReceiptsToMove);
    if (!book.ok()) {
      return absl::Status(book.status().code(),
                          absl::StrCat("customer '", customer_id, "': ", book.status().message()));
    }
    return &books_.emplace(customer_id, *std::move(book)).first->second;
  }

  void Keep(WriteGroup* group) {
    for (auto& [id, book] : books_) book.Keep(group);
  }

 private:
  const ProfileStore& store_;
  std::map<std::string, CustomerBook> books_;
};

// Moves the receipts of an identity from a customer to whoever owns them now. Returns how many.
absl::StatusOr<int64_t> MoveReceipts(const Identity& identity, const IdentityHistory& after, CustomerBook* from,
                                     Books* books) {
  std::map<std::string, CustomerBook::Events> moving;
  for (const auto& [key, event] : from->events()) {
    if (event.content.addressed_by != identity) continue;
    std::string owner = IdOf(after.OwnerAt(event.content.time), identity);
    if (owner != from->customer_id()) moving[std::move(owner)].emplace(key, event);
  }
  int64_t moved = 0;
  for (auto& [owner, events] : moving) {
    from->Take([&events = events](const ReceiptKey& key, const ReceiptContent&) { return events.contains(key); });
    moved += static_cast<int64_t>(events.size());
    if (owner.empty()) continue;
    auto to = books->Of(owner);
    if (!to.ok()) return to.status();
    (*to)->Put(std::move(events));
  }
  return moved;
}

// Connects keys of receipts that name each other.
class Ties {
 public:
  ReceiptKey Root(const ReceiptKey& key) {
    auto it = parents_.try_emplace(key, key).first;
    if (it->second == key) return key;
    ReceiptKey root = Root(it->second);
    parents_[key] = root;
    return root;
  }
  void Connect(const ReceiptKey& a, const ReceiptKey& b) { parents_[Root(a)] = Root(b); }

 private:
  std::map<ReceiptKey, ReceiptKey> parents_;
};

}  // namespace

absl::StatusOr<std::string> Registry::Survivor(const std::string& customer_id) const {
  auto alias = store_->ReadAlias(customer_id);
  if (!alias.ok()) return alias.status();
  return alias->empty() ? customer_id : *std::move(alias);
}

absl::StatusOr<Registry::Linked> Registry::Link(const Identity& identity, const std::optional<std::string>& customer_id,
                                                absl::Time since, const BeforeWrite& before_write) {
  const std::string derived = DerivedCustomerId(identity);
  WriteGroup write;
  write.durable = false;
  Books books(*store_);
  Owner owner;
  if (customer_id.has_value()) {
    auto survivor = Survivor(*customer_id);
    if (!survivor.ok()) return survivor.status();
    owner = {Owner::kCustomer, *std::move(survivor)};
    auto erased = store_->ReadTombstone(owner.customer_id);
    if (!erased.ok()) return erased.status();
    if (erased->has_value()) {
      if (since <= **erased) return Linked{};
      auto book = books.Of(owner.customer_id);
      if (!book.ok()) return book.status();
      (*book)->set_not_before(since);
      write.tombstones.push_back({owner.customer_id, std::nullopt});
    }
  }
  auto before = store_->ReadIdentity(identity);
  if (!before.ok()) return before.status();
  IdentityHistory after = *before;
  auto erased = store_->ReadTombstone(derived);
  if (!erased.ok()) return erased.status();
  if (erased->has_value()) {
    if (owner.kind != Owner::kCustomer || since <= **erased) return Linked{};
    if (after.empty()) after.Add({absl::InfinitePast(), {Owner::kErased, ""}});
    write.tombstones.push_back({derived, std::nullopt});
  }
  if (!after.Add({since, owner})) return Linked{after.current().customer_id, 0};
  if (after.statements().size() > kMaxStatementsPerIdentity) {
    return absl::ResourceExhaustedError(absl::StrCat("identity: has changed hands ", kMaxStatementsPerIdentity,
                                                     " times, the most that is kept of one"));
  }
  Linked linked{after.current().customer_id, 0};
  for (const std::string& loser : Losers(*before, after, identity)) {
    auto from = books.Of(loser);
    if (!from.ok()) return from.status();
    if (before->empty() && owner.kind == Owner::kCustomer && after.statements().size() == 1) {
      auto to = books.Of(owner.customer_id);
      if (!to.ok()) return to.status();
      linked.moved_receipts += static_cast<int64_t>((*from)->events().size());
      (*to)->Absorb(*from);  // the card was this person's all along, with all that is known of it
      continue;
    }
    auto moved = MoveReceipts(identity, after, *from, &books);
    if (!moved.ok()) return moved.status();
    linked.moved_receipts += *moved;
  }
  if (owner.kind == Owner::kCustomer) {
    auto names = store_->ListIdentities(owner.customer_id);
    if (!names.ok()) return names.status();
    if (names->size() >= kMaxIdentitiesPerCustomer && !absl::c_linear_search(*names, identity)) {
      return absl::ResourceExhaustedError(
          absl::StrCat("customer_id: the customer has ", names->size(), " identities, the most that one may have"));
    }
    write.names.push_back({owner.customer_id, identity, true});
  }
  write.identities.push_back({identity, &after});
  books.Keep(&write);
  if (before_write && before->current().kind == Owner::kNobody && after.current().kind == Owner::kCustomer) {
    if (absl::Status s = before_write(derived, after.current().customer_id); !s.ok()) return s;
  }
  if (absl::Status s = store_->Write(write); !s.ok()) return s;
  return linked;
}

absl::StatusOr<Registry::Merged> Registry::Merge(const std::string& absorbed, const std::string& survivor,
                                                 const BeforeWrite& before_write) {
  auto from_id = Survivor(absorbed);
  auto to_id = Survivor(survivor);
  if (!from_id.ok()) return from_id.status();
  if (!to_id.ok()) return to_id.status();
  if (*from_id == *to_id) return Merged{*to_id, 0};
  for (const auto& [field, id] :
       {std::make_pair("absorbed_customer_id", *from_id), std::make_pair("surviving_customer_id", *to_id)}) {
    auto erased = store_->ReadTombstone(id);
    if (!erased.ok()) return erased.status();
    if (erased->has_value()) {
      return absl::FailedPreconditionError(absl::StrCat(field, ": was erased; an erased person cannot be merged"));
    }
  }
  auto identities = store_->ListIdentities(*from_id);
  auto others = store_->ListIdentities(*to_id);
  auto absorbed_ids = store_->ListAbsorbed(*from_id);
  auto other_ids = store_->ListAbsorbed(*to_id);
  for (const absl::Status& s : {identities.status(), others.status(), absorbed_ids.status(), other_ids.status()}) {
    if (!s.ok()) return s;
  }
  if (identities->size() + others->size() > kMaxIdentitiesPerCustomer ||
      absorbed_ids->size() + other_ids->size() + 1 > kMaxAbsorbedPerCustomer) {
    return absl::ResourceExhaustedError(absl::StrCat("surviving_customer_id: would have more than ",
                                                     kMaxIdentitiesPerCustomer, " identities or ",
                                                     kMaxAbsorbedPerCustomer, " merged customer ids"));
  }
  Books books(*store_);
  auto from = books.Of(*from_id);
  if (!from.ok()) return from.status();
  auto to = books.Of(*to_id);
  if (!to.ok()) return to.status();
  Merged merged{*to_id, static_cast<int64_t>((*from)->events().size())};
  (*to)->Absorb(*from);
  (*from)->set_not_before(absl::InfinitePast());

  WriteGroup write;
  write.durable = false;
  std::map<Identity, IdentityHistory> histories;
  for (const Identity& identity : *identities) {
    auto history = store_->ReadIdentity(identity);
    if (!history.ok()) return history.status();
    history->Replace({Owner::kCustomer, *from_id}, {Owner::kCustomer, *to_id});
    const auto it = histories.emplace(identity, *std::move(history)).first;
    write.identities.push_back({identity, &it->second});
    write.names.push_back({*from_id, identity, false});
    write.names.push_back({*to_id, identity, true});
  }
  for (const std::string& id : *absorbed_ids) {
    write.aliases.push_back({id, *from_id, false});
    write.aliases.push_back({id, *to_id, true});
  }
  write.aliases.push_back({*from_id, *to_id, true});
  books.Keep(&write);
  if (before_write) {
    if (absl::Status s = before_write(*from_id, *to_id); !s.ok()) return s;
  }
  if (absl::Status s = store_->Write(write); !s.ok()) return s;
  return merged;
}

absl::StatusOr<Registry::Stated> Registry::Change(const std::string& customer_id, absl::Time time,
                                                  absl::FunctionRef<absl::StatusOr<bool>(CustomerState*)> change) {
  if (customer_id.empty()) return Stated{};
  auto id = Survivor(customer_id);
  if (!id.ok()) return id.status();
  auto erased = store_->ReadTombstone(*id);
  if (!erased.ok()) return erased.status();
  if (erased->has_value()) return Stated{};
  CustomerState state;
  auto found = store_->ReadState(*id, &state);
  if (!found.ok()) return found.status();
  if (time < state.not_before) return Stated{};
  auto changed = change(&state);
  if (!changed.ok()) return changed.status();
  if (!*changed) return Stated{*std::move(id), false};
  WriteGroup write;
  write.durable = false;
  write.states.push_back({*id, &state});
  if (absl::Status s = store_->Write(write); !s.ok()) return s;
  return Stated{*std::move(id), true};
}

absl::StatusOr<Registry::Stated> Registry::RecordConsent(const std::string& customer_id, const Consent& consent) {
  return Change(customer_id, consent.time, [&](CustomerState* state) { return AddConsent(consent, state); });
}

absl::StatusOr<Registry::Stated> Registry::RecordAttributes(const std::string& customer_id,
                                                            const std::vector<Attribute>& statement) {
  if (statement.empty()) return absl::InvalidArgumentError("attributes: is required");
  return Change(customer_id, statement.front().time, [&](CustomerState* state) -> absl::StatusOr<bool> {
    const std::vector<Attribute> before = state->attributes;
    for (const Attribute& attribute : statement) AddAttribute(attribute, &state->attributes);
    if (state->attributes == before) return false;
    if (absl::Status s = CheckRoom(before, state->attributes); !s.ok()) return s;
    return true;
  });
}

absl::StatusOr<Registry::Erased> Registry::Erase(const std::string& customer_id, absl::Time now) {
  if (customer_id.empty()) return Erased{};
  auto id = Survivor(customer_id);
  if (!id.ok()) return id.status();
  CustomerState state;
  auto found = store_->ReadState(*id, &state);
  if (!found.ok() && !absl::IsDataLoss(found.status())) return found.status();
  auto identities = store_->ListIdentities(*id);
  if (!identities.ok()) return identities.status();
  auto absorbed = store_->ListAbsorbed(*id);
  if (!absorbed.ok()) return absorbed.status();
  Erased erased{state.receipts, static_cast<int64_t>(identities->size()),
                !found.ok() || *found || !identities->empty()};

  WriteGroup write;
  write.durable = false;
  const Owner owner{Owner::kCustomer, *id};
  std::map<Identity, IdentityHistory> histories;
  auto erase = [&](const std::string& person) {
    write.erased.push_back(person);
    write.tombstones.push_back({person, now});
  };
  erase(*id);
  for (const Identity& identity : *identities) {
    auto history = store_->ReadIdentity(identity);
    if (!history.ok()) return history.status();
    history->Replace(owner, {Owner::kErased, ""});
    const bool others = std::any_of(history->statements().begin(), history->statements().end(),
                                    [](const OwnerStatement& s) { return s.owner.kind == Owner::kCustomer; });
    if (others) {
      const auto it = histories.emplace(identity, *std::move(history)).first;
      write.identities.push_back({identity, &it->second});
    } else {
      write.identities.push_back({identity, nullptr});
      erase(DerivedCustomerId(identity));
    }
  }
  for (const std::string& old_id : *absorbed) {
    write.aliases.push_back({old_id, *id, false});
    erase(old_id);
  }
  if (absl::Status s = store_->Write(write); !s.ok()) return s;
  return erased;
}

absl::StatusOr<bool> Registry::Rebuild(absl::string_view customer_id) {
  auto book = CustomerBook::Read(*store_, customer_id, kMaxReceiptsPerCustomer, /*mend=*/true);
  if (!book.ok()) return book.status();
  if (StateDigest(book->State()) == StateDigest(book->stored_state())) return false;
  WriteGroup write;
  write.durable = false;
  book->Keep(&write);
  if (absl::Status s = store_->Write(write); !s.ok()) return s;
  return true;
}

absl::StatusOr<int64_t> Registry::DropReceiptsBefore(absl::string_view customer_id, Day horizon) {
  auto book = CustomerBook::Read(*store_, customer_id, kMaxReceiptsPerCustomer);
  if (!book.ok()) return book.status();
  Ties ties;
  for (const auto& [key, event] : book->events()) {
    for (const KeptReturn& returned : event.content.returns) ties.Connect(key, returned.sale);
  }
  std::map<ReceiptKey, bool> young;  // by root
  for (const auto& [key, event] : book->events()) young[ties.Root(key)] |= event.content.day >= horizon;
  std::set<ReceiptKey> old;
  int64_t dropped = 0;
  for (const auto& [key, event] : book->events()) {
    if (young[ties.Root(key)]) continue;
    ++dropped;
    old.insert(key);
    for (const KeptReturn& returned : event.content.returns) old.insert(returned.sale);
  }
  if (dropped == 0) return 0;
  book->SumUp({old.begin(), old.end()});
  WriteGroup write;
  write.durable = false;
  book->Keep(&write);
  if (absl::Status s = store_->Write(write); !s.ok()) return s;
  return dropped;
}

}  // namespace nbo
