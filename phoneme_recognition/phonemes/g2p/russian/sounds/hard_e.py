"""Loan words in which a consonant before е is hard: тест, модель, отель.

Which words these are is a matter of the dictionary (Bolshoi orfoepicheskii slovar 2012; Avanesov 1984,
foreign words). Words that it gives with both pronunciations, the soft one first, are not here.
"""

from __future__ import annotations

import re

# How a word begins, with э where the consonant before it is hard. After * it may stand anywhere in a word, $
# is the end of the word, and a stressed Э is its end, too. What stands in brackets is a regular expression.
_BEGINNINGS = """
адэкват адэпт альтэр анэстэз антэнн антисэпт антитэз апартэид артэри асэпт астэроид атэизм атэист атэлье
аутодафэ
бармэн бартэр безЭ бэйдж бэйсбол бельвэдэр бэстсэллэр бэта$ бизнэс бизнэсмэн бифштэкс блэндэр браузэр
брэйк брэнд бретэл брудэршафт бутэрброд бюстгальтэр
варьетЭ вэб вэндэтт вэстэрн вольтэр вундэркинд
галифЭ гангстэр гантэл гастарбайтэр гейнэ$ генэзис генэтик генэтич гортэнзи грэйдэр грэйпфрут гротэск
гётэ$
дантэ дэ$ дэбюсси дэвайс дэвальв дэдлайн дэкаданс дэкарт дэколь дэкольтэ деликатэс дэльт дэмпинг дэнди
дэндрарий дэтэктив дэтэктор дэтэрмин дэтройт джентльмэн дзэн диадэм диспансэр
эдэльвейс эйнштэйн экзэм(?!п) экзотэр экстэнсив экстэрн экстэрьер экстрасэнс эссЭ эстэт эстэти
идэнти индэкс интэгр интэнсив интэр(?!ес) интэрвэн интэрнэт интэрпрет интэрфэйс истэблишмент
кабарЭ канапЭ каратЭ карЭ картэл катэтэр кафЭ кафэтэри кафэшантан кафэшк кашнЭ кэш$ кинэтик кинэтич
кластэр кодэин кодэкс коктэйл компьютэр консэнсус консомЭ контэйнер кортэж коттэдж кредитэль крэдо$
критэри кузэн купЭ латэнтн лафонтэн лэйбл
мадемуазэл майонэз макрамЭ манэкен манчестэр мартэн мэнэджер мэнэджмэн мерседэс метрдотэл мистэр(?!и)
модэл модэлир модэм модэрн морзэ$ мотэл несэсэр нэтто$ нидэрланд новэлл нонсэнс
одэльвейс орхидэ остэохондр отэл(?=(ь|я|ю|е|и|ем|ей|ям|ями|ях)$|ьн|ьер) офсэт
панэл пантэон пантэр партэр пастэл пастэриз патэти пэйнтбол пэнни$ пэнснэ$ плэйлист полисмэн портмонЭ
постэр(?!е[гч]|ё[гк]) потэнц претэнзи принтэр проэкт протэже$ протэз протэин протэкци псэвдо пюрЭ
рандэву рэгби резюмЭ рекордсмэн реномЭ родэн$ роутэр
свитэр сэйф сэкс(?!от) сэлфи сэнсор сэнтэнц сэпсис сэрвэр сэттэр синтэз синтэти сканэр спортсмэн стэйк
стэнд стэтоскоп стратэг стюардэсс супермэн сюзэрен
тандэм тарантэлл твиттэр тэг$ тэз(?=а|ы|ис|у|$) тэзаурус тэлл тэмбр тэмп(?!ер|л) тэмпорал тэндэнц тэндэр
тэннис тэнт тэолог тэрминал тэрмос$ тэррьер тэрьер тэст(?=$|ы|ов|а$|у$|ом$|е$|ам|ах|ер|ир) тинэйджер тирЭ
тоннэл тостэр тотэм траэктор трэйлер трэк трэнд туннэл турнЭ
фарватэр фэйк фэйс фитнэс флэшк фонэм фонэти фортэ$ фортэпиано фрикадэл фрикасЭ хэндмэйд хостэл хризантэм
цитадэл чартэр
шатэн шедэвр шимпанзЭ шопэн шоссЭ шоумэн штэкер штэмпел штэпсел яндэкс
*интэрнэт *моделлэ *смартсэт *стэндап *тэстирова *тэстостэрон *штэйн
"""
_PREFIXES = (
    "не|анти|супер|авто|радио|теле|видео|мото|фото|био|микро|макро|мини|мульти|псевдо|ультра|экс|вице|контр|полу"
    "|кибер|нейро|аэро|гидро|электро|супра|евро"
)


def _compile() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for all rows, and the letters that each of them stands for."""
    letters: dict[str, str] = {}
    anchored: list[str] = []
    free: list[str] = []
    rows = re.findall(r"^(\*?)([а-яёЭ]+)(.*)$", "\n".join(_BEGINNINGS.split()), re.MULTILINE)
    for star, heard, ending in sorted(rows, key=lambda row: len(row[1]), reverse=True):
        low = heard.lower()
        letters.setdefault(low.replace("э", "е"), low)
        pattern = heard.replace("э", "[еэ]").replace("Э", "(?-i:[ЕЭ])$") + ending
        (free if star else anchored).append(pattern)
    pattern = f"^(?P<before>{_PREFIXES})?(?P<word>{'|'.join(anchored)})|(?P<part>{'|'.join(free)})"
    return re.compile(pattern, re.IGNORECASE), letters


_PATTERN, _LETTERS = _compile()


def hard_before_e(word: str) -> str:
    """Write э for е where the consonant before it is hard.

    Args:
        word: lower case, stressed vowels as capitals.

    Example:
        >>> hard_before_e("отЕль"), hard_before_e("дЕло")
        ('отЭль', 'дЕло')
    """
    if "е" not in word and "Е" not in word:
        return word

    def harden(match: re.Match[str]) -> str:
        heard = match["word"] or match["part"]
        row = _LETTERS[heard.lower().replace("э", "е")]
        hard = [
            letter if hint != "э" else "Э" if letter.isupper() else "э"
            for letter, hint in zip(heard, row, strict=True)
        ]
        return (match["before"] or "") + "".join(hard)

    return _PATTERN.sub(harden, word)
