"""From stressed Russian words to the phonemes of the standard pronunciation.

``phrase`` joins clitics to their words and takes a phrase word by word through four steps: ``respelling``
(what is spelt otherwise than it is said, rule by rule), ``letters`` (letters to sounds), ``voicing`` and
``vowels`` (reduction). The pronunciation is the literary norm as R. I. Avanesov (Russkoe literaturnoe
proiznoshenie, 6th ed. 1984) and M. L. Kalenchuk, L. L. Kasatkin and R. F. Kasatkina (Bolshoi orfoepicheskii
slovar, 2012) describe it, vowels with the two degrees of reduction of L. L. Kasatkin (Fonetika sovremennogo
russkogo literaturnogo yazyka, 2003).
"""
