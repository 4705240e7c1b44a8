# What makes a memory error in the release programs harder to use. scripts/hardened asks the linked programs whether it
# is so; docs/performance.md says what it costs. The sanitizers of the other presets see more than this does, and
# glibc's checked functions would hide it from them.
function(harden)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fPIE)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
  if(CMAKE_C_COMPILER_ID STREQUAL GNU) # clang before 16 wants another option besides
    add_compile_options(-ftrivial-auto-var-init=zero)
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection=full)
    add_link_options(-Wl,-z,shstk)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    add_compile_options(-mbranch-protection=standard)
  endif()
endfunction()
