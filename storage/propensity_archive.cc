#include "storage/propensity_archive.h"

#include <rocksdb/write_batch.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/learned_codec.h"

namespace nbo::storage {
namespace {

std::string PartKey(size_t part) { return absl::StrCat(kPropensityKey, NumberKey(part)); }

}  // namespace

absl::Status RocksPropensityArchive::Keep(const LearnedState& state) {
  const EncodedLearned encoded = EncodeLearned(state);
  rocksdb::ColumnFamilyHandle* const family = database_->family(kDefault);
  // What cannot be read is replaced; its parts that are too many are never read.
  std::string before;
  const rocksdb::Status read = database_->db()->Get({}, family, kPropensityKey, &before);
  if (!read.ok() && !read.IsNotFound()) return ToStatus("reading what was learned of propensities", read);
  const size_t parts_before = PartsOfLearned(before).value_or(0);

  // Without a sync: what is lost with the power is learned again.
  rocksdb::WriteBatch batch;
  rocksdb::Status put = batch.Put(family, kPropensityKey, encoded.head);
  for (size_t i = 0; put.ok() && i < encoded.parts.size(); ++i) put = batch.Put(family, PartKey(i), encoded.parts[i]);
  for (size_t i = encoded.parts.size(); put.ok() && i < parts_before; ++i) put = batch.Delete(family, PartKey(i));
  if (!put.ok()) return ToStatus("composing what was learned of propensities", put);
  return database_->Write(rocksdb::WriteOptions(), &batch);
}

absl::StatusOr<std::optional<LearnedState>> RocksPropensityArchive::Read() const {
  rocksdb::ColumnFamilyHandle* const family = database_->family(kDefault);
  EncodedLearned encoded;
  rocksdb::Status read = database_->db()->Get({}, family, kPropensityKey, &encoded.head);
  if (read.IsNotFound()) return std::optional<LearnedState>();
  if (!read.ok()) return ToStatus("reading what was learned of propensities", read);
  const absl::StatusOr<size_t> parts = PartsOfLearned(encoded.head);
  if (!parts.ok()) return parts.status();
  for (size_t i = 0; i < *parts; ++i) {
    read = database_->db()->Get({}, family, PartKey(i), &encoded.parts.emplace_back());
    if (read.IsNotFound()) return absl::DataLossError("what was learned of propensities: a part of it is missing");
    if (!read.ok()) return ToStatus("reading what was learned of propensities", read);
  }
  absl::StatusOr<LearnedState> state = DecodeLearned(encoded);
  if (!state.ok()) return state.status();
  return std::optional<LearnedState>(*std::move(state));
}

}  // namespace nbo::storage
