// Catalogs; states are in state_encoder.cc and state_decoder.cc, the rest of codec.h is in record_codec.cc.
#include "storage/codec.h"

#include "nbo/storage/v1/records.pb.h"

namespace nbo::storage {
namespace {

namespace pb = ::nbo::storage::v1;

}  // namespace

std::string EncodeCatalog(const PublishedCatalog& catalog) {
  pb::PublishedCatalog message;
  message.set_yaml(catalog.yaml);
  message.set_file_name(catalog.file_name);
  message.set_window_shift_days(catalog.window_shift_days);
  message.set_author(catalog.author);
  message.set_note(catalog.note);
  message.set_publish_time_us(absl::ToUnixMicros(catalog.publish_time));
  return message.SerializeAsString();
}

absl::StatusOr<PublishedCatalog> DecodeCatalog(int64_t version, absl::string_view bytes) {
  pb::PublishedCatalog message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("catalog: not readable");
  }
  return PublishedCatalog{version,
                          message.yaml(),
                          message.file_name(),
                          message.window_shift_days(),
                          message.author(),
                          message.note(),
                          absl::FromUnixMicros(message.publish_time_us())};
}

}  // namespace nbo::storage
