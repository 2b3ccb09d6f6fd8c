#pragma once
// Purpose: owners of what a C library hands out: std::unique_ptr<BIO, freed_by<BIO_free_all>>.

namespace postern {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* one) const noexcept {
    Free(one);
  }
};

}  // namespace postern
