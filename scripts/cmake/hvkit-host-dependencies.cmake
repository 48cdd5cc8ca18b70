# SPDX-License-Identifier: BSL-1.0
# Finds what `hvkit::host` links; used by hvkit's own build and, installed, by its package configuration.
# Leaves in `hvkit_host_missing` the names of what was not found.
set(hvkit_host_missing "")

foreach(hvkit_package IN ITEMS fmt range-v3)
  find_package(${hvkit_package} QUIET)
  if(NOT ${hvkit_package}_FOUND)
    list(APPEND hvkit_host_missing ${hvkit_package})
  endif()
endforeach()

# Debian ships these two without package configurations.
function(hvkit_find_library name library header)
  find_library(HVKIT_${name}_LIBRARY ${library})
  find_path(HVKIT_${name}_INCLUDE_DIR ${header})
  mark_as_advanced(HVKIT_${name}_LIBRARY HVKIT_${name}_INCLUDE_DIR)
  if(NOT HVKIT_${name}_LIBRARY OR NOT HVKIT_${name}_INCLUDE_DIR)
    set(hvkit_host_missing ${hvkit_host_missing} ${name} PARENT_SCOPE)
  elseif(NOT TARGET hvkit::${name})
    add_library(hvkit::${name} UNKNOWN IMPORTED)
    set_target_properties(hvkit::${name} PROPERTIES IMPORTED_LOCATION ${HVKIT_${name}_LIBRARY}
                                                    INTERFACE_INCLUDE_DIRECTORIES ${HVKIT_${name}_INCLUDE_DIR})
  endif()
endfunction()
hvkit_find_library(libfdt fdt libfdt.h)
hvkit_find_library(libelf elf gelf.h)
