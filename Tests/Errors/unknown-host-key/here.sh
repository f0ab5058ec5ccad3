: >known
