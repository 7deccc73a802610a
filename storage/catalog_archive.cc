#include "storage/catalog_archive.h"

#include <rocksdb/write_batch.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/codec.h"

namespace nbo::storage {
namespace {

// Calls each(number, value) for the entries below `before` (0: all), the highest first, at most `limit`.
template <typename Each>
absl::Status ForEachDown(const Database& database, Family family, int64_t before, size_t limit, Each each) {
  std::unique_ptr<rocksdb::Iterator> it(database.db()->NewIterator({}, database.family(family)));
  if (before > 0) {
    it->SeekForPrev(NumberKey(static_cast<uint64_t>(before - 1)));
  } else {
    it->SeekToLast();
  }
  for (; it->Valid() && limit > 0; it->Prev(), --limit) {
    const auto number = static_cast<int64_t>(NumberOfKey(ToView(it->key())));
    if (absl::Status s = each(number, ToView(it->value())); !s.ok()) return s;
  }
  return ToStatus("listing catalogs", it->status());
}

}  // namespace

absl::Status RocksCatalogArchive::Write(const PublishedCatalog* catalog,
                                        const std::vector<CatalogActivation>& activations) {
  // A catalog is published rarely and must not be lost, whatever the sync policy for receipts.
  rocksdb::WriteOptions options;
  options.sync = true;
  rocksdb::WriteBatch batch;
  rocksdb::Status put;
  if (catalog != nullptr) {
    const std::string key = NumberKey(static_cast<uint64_t>(catalog->version));
    put = batch.Put(database_->family(kCatalogs), key, EncodeCatalog(*catalog));
    if (put.ok()) put = batch.Put(database_->family(kTexts), key, CompressText(catalog->yaml));
  }
  for (const CatalogActivation& activation : activations) {
    if (!put.ok()) break;
    put = batch.Put(database_->family(kActivations), NumberKey(static_cast<uint64_t>(activation.number)),
                    EncodeActivation(activation));
  }
  return put.ok() ? database_->Write(options, &batch) : ToStatus("composing a catalog", put);
}

absl::StatusOr<std::optional<PublishedCatalog>> RocksCatalogArchive::Read(int64_t version) const {
  std::optional<PublishedCatalog> found;
  const absl::Status read = ForEachDown(*database_, kCatalogs, version == 0 ? 0 : version + 1, 1,
                                        [&](int64_t number, absl::string_view value) -> absl::Status {
                                          if (version != 0 && number != version) return absl::OkStatus();
                                          auto catalog = DecodeCatalog(number, value);
                                          if (catalog.ok()) found = *std::move(catalog);
                                          return catalog.status();
                                        });
  if (!read.ok()) return read;
  if (!found.has_value() || !found->yaml.empty()) return found;  // format 2 kept the text here
  rocksdb::PinnableSlice frame;
  const std::string key = NumberKey(static_cast<uint64_t>(found->version));
  const rocksdb::Status got = database_->db()->Get({}, database_->family(kTexts), key, &frame);
  if (got.IsNotFound()) return absl::DataLossError(absl::StrCat("catalog ", found->version, ": its text is missing"));
  if (!got.ok()) return ToStatus("reading a catalog", got);
  auto text = DecompressText(ToView(frame), static_cast<size_t>(found->yaml_bytes));
  if (!text.ok()) return text.status();
  found->yaml = *std::move(text);
  return found;
}

absl::StatusOr<std::vector<PublishedCatalog>> RocksCatalogArchive::List(int64_t before, size_t limit) const {
  std::vector<PublishedCatalog> list;
  const absl::Status read =
      ForEachDown(*database_, kCatalogs, before, limit, [&](int64_t number, absl::string_view value) -> absl::Status {
        auto catalog = DecodeCatalog(number, value);
        if (!catalog.ok()) return catalog.status();
        if (!catalog->yaml.empty()) {
          catalog->yaml_bytes = static_cast<int64_t>(catalog->yaml.size());
        }
        catalog->yaml.clear();
        list.push_back(*std::move(catalog));
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return list;
}

absl::StatusOr<std::vector<CatalogActivation>> RocksCatalogArchive::ListActivations(int64_t before,
                                                                                    size_t limit) const {
  std::vector<CatalogActivation> list;
  const absl::Status read = ForEachDown(*database_, kActivations, before, limit,
                                        [&](int64_t number, absl::string_view value) -> absl::Status {
                                          auto activation = DecodeActivation(number, value);
                                          if (!activation.ok()) return activation.status();
                                          list.push_back(*std::move(activation));
                                          return absl::OkStatus();
                                        });
  if (!read.ok()) return read;
  return list;
}

}  // namespace nbo::storage
