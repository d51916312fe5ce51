/// Keys for tests. They protect nothing: some are printed in RFC 7515, and all are public.
public enum TestKeys {
    /// The RSA key of RFC 7515, appendix A.2, as PKCS#8.
    public static let rsa = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh+BYK4uPJtGXO
        jS1lYmM2K5J9vinh8CR3/BYlzJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxL
        aYk8wTM/U+3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8TA5a8bpvfbr3SvaNn
        juygxmj3AbONv/s4yDQs4v5tJ/reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5
        ROjtZMEQxrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkf
        toaHLFcW9Qr4NY2ai50Xw0Byj3+H2JoY2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHg
        VFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyW
        PEAeP88vLNO97IjlA7/GQ5sLKMgvfTeXZx9SE+7YwVol2NXOoAJe46sui395IW/G
        O+pWJ1O0BkTGoVEn2bKVRUCgu+GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzj
        kn439X0M/V51gfpRLI9JYanrC4D4qAdGcopV/0ZHHzQlBjudU2QvXt4ehNYTCBr6
        XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl/x/jTj3ccPDVZFD9pIuhLhBOneufuBiB
        4cS98l2SR/RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0K
        pLttoLhyt3SmqdEf/kgHePDdtzEafpAu+cS191R2JiuoF2yzWXnwFDcqGigp5BNr
        0AHQfD8/Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDnEd3BbVWG8qf6deqE
        lMGAg+C2V0L4oNXnP7LZcPAZRwKBgQC5A8R+CZW2MvRTLLHzwZkUXV866cff7tx6
        kqa0finGG0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAP
        rq3rbAOal78eUH5OcED6eNuCV8ixEu1eWcPNCS/l1OW1EnXUEoEHKl54Xrrz2uNw
        kgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7/Ls5bkUp
        5u9SN0Ai3Ya6hNnvWJMb7sXQX6U/zyO2M/hTip7tUeh7CXgwo59dkpN75gJLVds2
        9+DAncu3KXU4f2Fa+7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf/
        evpitUf+4JYbLpvNXWcY052Mpz22aR84mY3nh3F2LF2mjMJDpTg7FmuyPcVw6EcG
        yoAe9fa65iNqCq+jdw6PVNGo2hxfjSiZ8IIzHdsPXI89//pMjZcQK9r+CCoRjaZj
        OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2
        tOgrjbcrfvtQJipd+DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd/QJQ3
        ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp/gh6A56
        03k2+ZQwVK0JKSHuLFkuQ3U=
        -----END PRIVATE KEY-----
        """
    public static let rsaPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0
        l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pC
        gNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSX
        ndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD
        Zlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8
        q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQABAoIBABKucaRpzQorw35S
        bEUAVx8dYXUdZOlJcHtiWQ+dC6V8ljxAHj/PLyzTveyI5QO/xkObCyjIL303l2cf
        UhPu2MFaJdjVzqACXuOrLot/eSFvxjvqVidTtAZExqFRJ9mylUVAoLvhowVWmC1O
        n95fZCXxTUtxNEG1Xcc7m0rtzJKs45J+N/V9DP1edYH6USyPSWGp6wuA+KgHRnKK
        Vf9GRx80JQY7nVNkL17eHoTWEwga+lwi0FEoW9Y7lDtWXYmKBWhUE+U8PGxlJf8f
        40493HDw1WRQ/aSLoS4QTp3rn7gYgeHEvfJdkkf0UMhlknlo53M09EFPdadQ4TlU
        bjqKc50CgYEA4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH/5IB3jw3bcxGn6QLvnE
        tfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw/Py5PJdTJNPY8cQn7ouZ2KKDcmnPG
        BY5t7yLc1QlQ5xHdwW1VhvKn+nXqhJTBgIPgtldC+KDV5z+y2XDwGUcCgYEAuQPE
        fgmVtjL0Uyyx88GZFF1fOunH3+7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYs
        p1ZSe7zFYHj7C6ul7TjeLQeZD/YwD66t62wDmpe/HlB+TnBA+njbglfIsRLtXlnD
        zQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdcCgYAHAp9XcCSrn8wVkMVkKdb7
        DOX4IKjzdahm+ctDAJN4O/y7OW5FKebvUjdAIt2GuoTZ71iTG+7F0F+lP88jtjP4
        U4qe7VHoewl4MKOfXZKTe+YCS1XbNvfgwJ3Ltyl1OH9hWvu2yza7q+d5PCsDzqtm
        27kxuvULVeya+TEdAB1ijQKBgQCH/3r6YrVH/uCWGy6bzV1nGNOdjKc9tmkfOJmN
        54dxdixdpozCQ6U4OxZrsj3FcOhHBsqAHvX2uuYjagqvo3cOj1TRqNocX40omfCC
        Mx3bD1yPPf/6TI2XECva/ggqEY2mYzmIiA5LVVmc5nrybr+lssFKneeyxN2Wq93S
        0iJMdQKBgCGHewxzoa1r8ZMD0LETNrToK423K377UCYqXfg5XMclbrjPbEC3YI1Z
        NqMtuhdBJqUnBi6tjKMF+34Xf0CUN8ncuXGO2CAYvO8PdyCixHX52ybaDjy1FtCE
        6yUXjoKNXKvUm7MWGsAYH6f4IegOetN5NvmUMFStCSkh7ixZLkN1
        -----END RSA PRIVATE KEY-----
        """
    public static let rsaPublic = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
        NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
        P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
        9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
        EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
        FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
        oQIDAQAB
        -----END PUBLIC KEY-----
        """
    public static let rsaPublicPKCS1 = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEAofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0l8W2
        6mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMs
        D1W/YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5
        z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxv
        b3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxXFvUK+DWNmoudF8NAco9/h9iaGNj8q2et
        hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQIDAQAB
        -----END RSA PUBLIC KEY-----
        """
    public static let rsaCertificate = """
        -----BEGIN CERTIFICATE-----
        MIICmTCCAYGgAwIBAgIBATANBgkqhkiG9w0BAQsFADAPMQ0wCwYDVQQDDAR0ZXN0
        MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAPMQ0wCwYDVQQDDAR0
        ZXN0MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0t
        ZWJjNiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJ
        PMEzP1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47s
        oMZo9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo
        7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aG
        hyxXFvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW
        yuXpoQIDAQABMA0GCSqGSIb3DQEBCwUAA4IBAQAMbtRN2RLkTYMTB0nFUtETx5dj
        mtgk+h3O60V+zQzBIQDSDLvGFFTx4+wvcZGmBbborTVYk9ZQ+xsQ9smIKfkF4FdB
        DtqXV4o1Wg8IJcr7RuaJUA1YGr4p31yScmUafePh2QQ9gUXJ9N2rctT6CJqeDo8S
        4i8v4M3kzK2xytRM7UmvPR6WSh0GolS/WVwNT7r7MnEcuX/PKh8iReA4Qu8tXVSP
        TsvOS2qekRLDcyie2MeO9fIfPOOLvyg/oFyYxcLYwkX8D2dHUqrDPVTeYn1ZuFAZ
        26vxdhh4BNpvfb7v4DdfBIbG46zPc66FC49sjKErp6nf+EFxg4VNRfpWpdH7
        -----END CERTIFICATE-----
        """
    public static let rsaEncrypted = """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,2363D124F1A4AF96ED00C54DA46E7328

        /V+ufJ6rPLW5I7v3ujovS2GoevSbck1anAf5Yn9fZl814d92AT3OTDJ4Vvr78TfV
        CzajBt21K3HKIUQb6l399aJkFm4pIhcBDGoO1oqJ1kAwX+/v3r1zDF1e4LI/Tqlv
        S3p12pcTF91brN6G0B+reBOtuC8nGKXdxVRXmjwwl1zTmHw/pywd6agvbqr9ij/T
        Ry1gVhykucVR2wYr0IqBQZsMfvgcm4lkL+6HsgOpaXWlum/AqCRXLEQnZynXl7e/
        OeQ0VBIhUuGyEE3kcWLyVvxHmJhw3zkmKZ73rcd2VJYWZ8yGGRb/ZkN40V5uq7o0
        R13xoY4qwUvsORZ2xkJPX0gth/LCXNl++TEG/f9V/BGv6GVGfIKrWhf8b8Mlq/ZN
        nlSZzlwjxoEVrtkHMlcJHHf8X8oHwF1L3NSxuLb88GxGv+RxaSiHn+AFwYrTY53E
        fd5ckin13SRBBBjqbWKhKeaQv7n3rwzacxH75Ilb+kFVbsJ4vL6oqr77/cIsr3x3
        +9IxjEEZSogr68m2XeAy/kam9NgJvWnfMYwzph6eFeJMiWM2ahWSWhP5Vl4fkIKV
        kSkHw+p/Anr0Zef5v+FEX277I9r9Jyaqscik7twYO6MHKC4Eu8a2JI2LKWioBb4t
        2uz+Cv4EPGe99OmqIFm5yZtL0K83BG5Wo2RbzcxVvsoWaJTqmYbBYX+Ps2xL2lwu
        cRr/KEwr3VLIWhe46uJC86oCMrDi8eVl/0qNZlCkSgtoWjUDA7n886p7yGNuJNT+
        1VH+b8Asau0buZVvy9mZIqTtAwNLwMo7G+sogPYOmMRpWilpC/ZGx9A6mtOsojyo
        wh4y/yEj5JYQt6E4S78MOlYSeUwJPM9h7SxvTBhPaI9LgO3bZiPr2N5ERKxAUZQn
        xHBii/zVXCR3wzxBlwW0RLNi9qXlKw0LVGDJHTty3TcmuI5Y1RGQzoQ9xmzHd+Ea
        +VSOOOmf9KTF4XztH3ZmVX1mK630R2WzZ74w9BGw8W/zxsUdc2dVaLhIiUi8pC0N
        /feNXGNKDySYgU6yM0K/Ab/wBClCrpwyYq+S2YLSbNGqSVDnbnLgjG2SlWDMFE7V
        Luevp1fkRAhGXOVs+7QZQXIxULbuT7OEg9wE7uC86kRmrKTDK+fZpxWCR0L14a7C
        WoG/CzlWJI8vLeDEfoQKJGMnZrce1F6XOwkM/6RXsfvl2ZPPx3Qoc9/FZgIN8Ai5
        QCEkijXBzb2mrFsEsclpw01WFgd03Dr5jiltS3wLFcUCequNiGpufO9OwQQ/yTF/
        Gl0TxoicyM4W+5l9HUWHU6YDDZa5A08/cnWpzllS9KNSLZFlUGI+W9nVWK+qs+4w
        wiWxSRbRtTALjbuDDYO0sQKzxwo/hiJcu0VmQppb9H9HRO8Y7Wi8Crmb9W1/Laod
        CrzI57WPcWE1Z/NJnJ7VjeC7t3q1lS+qhk5SVQj5XRwa9gXRuxYlJTVfKe19EEV0
        B/VXn4G29qMpP+Kh9RcyMRboXcop4108iEzZv+57AC/Hdje4hy0Bf2zIctEDR8jY
        dC8TGL8Iy0krEQP47S5g+1Kbzc/SmMEpS2uC7oT4YnruBGMY8dEg/rtq6it2GGzz
        -----END RSA PRIVATE KEY-----
        """
    /// The EC key of RFC 7515, appendix A.3, as PKCS#8.
    public static let ec = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
        H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
        7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
        -----END PRIVATE KEY-----
        """
    public static let ecSEC1 = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
        AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b
        focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
        -----END EC PRIVATE KEY-----
        """
    public static let ecWithoutPoint = """
        -----BEGIN EC PRIVATE KEY-----
        MDECAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49
        AwEH
        -----END EC PRIVATE KEY-----
        """
    public static let ecPublic = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7
        6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
        -----END PUBLIC KEY-----
        """
    public static let ecPublicCompressed = """
        -----BEGIN PUBLIC KEY-----
        MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADf83OJ3D2xF1Bg8vub9tLe1gHMzV7
        6e8Tus9uPHvRVEU=
        -----END PUBLIC KEY-----
        """
    public static let ecCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBCzCBs6ADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHRlc3QwIBcN
        MjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBHRlc3Qw
        WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
        7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWtMAoGCCqG
        SM49BAMCA0cAMEQCIAnXj95B/aDAGB/3/wMHKHn0cd4Gkdhd3M9p8YL1DAxpAiBB
        9OIyZp8WphIFdFQ+UI3mRJnx8Bj6j2yo9HdfJtpc8g==
        -----END CERTIFICATE-----
        """
    public static let ecEncrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBD4ancNHjifB19Do0B2
        dRJeAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQ9CnFGtLac4vnJuHe
        2/uAMwSBkKWDKrDMP7Uk+ENlqjahCnFxBX6f3Ks3TAcL1cXQp3LBtoiwiMK2l4i/
        GXhMIdNlLnZ4N0MKdT3Oky8DAuXx4HqdNfsMC/94s/i/9cxglH8xsOMNu3zGAtOs
        GgbJpn0iE9NgTFqk5FtjjRCr//nCaAAKXSFCW83ocAIzzCZ0d2vyVdWp7Z/+8p6O
        f3Vn9uC65w==
        -----END ENCRYPTED PRIVATE KEY-----
        """
    public static let p384 = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBPvB3q3i0zQlpzycgW
        +jfg5u56RFUmG9AFOIAP/WZ7XsrBYU2KSFDd/GJ9LMr2NDqhZANiAATX+Rug5tIs
        PA7NM1SqWt1oYwDU8GXUhNF1TgCSeJw7Y+FQkdB+6gKWjT0c3c/4cD0g4IQ1a5R+
        RDC/7uD5sOXCChJrbmN+3YmEAFXZIfZa6V3WI6A1LX4f1ZlJhpMexiM=
        -----END PRIVATE KEY-----
        """
    public static let p384Public = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE1/kboObSLDwOzTNUqlrdaGMA1PBl1ITR
        dU4AknicO2PhUJHQfuoClo09HN3P+HA9IOCENWuUfkQwv+7g+bDlwgoSa25jft2J
        hABV2SH2Wuld1iOgNS1+H9WZSYaTHsYj
        -----END PUBLIC KEY-----
        """
    /// Keys that are refused.
    public static let rsa1024 = """
        -----BEGIN PRIVATE KEY-----
        MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBANAqip6ziADq+DMY
        M97Br22rYShyARtJ3vjz/Nl07F+TPZpdzT7fDC94nBS8BNlVSi1J8CmkO5mSfe4n
        f5ATnF5/uS2lOQbV9XxyupV+CdQLin8zYM8TKCbxG3gcIfnb53NBVBA8b5GQpweB
        Hn4dPG2As88jFmRSb8CvAqVbJiOrAgMBAAECgYAYb3X4LSDg4rQh40xrcJb0K7Lq
        +X7xwhkfZhyfNh9tFK6diTdHkw0uIV1I/c0f6egcKtq7OKEaZNzNcOuDcRngs7Eg
        SueoVdzZZYtt1m0tQ7LsNmKReZYJzdEb/vm3mw7rgAcAa4HPJo5uhi0EuhNYfcJ9
        wO48cXLRBQ4t9a9l+QJBAOeQNUz/AG5OXJcnca2QGrQZs11teMduD7txzquyR7cy
        R28/3m+AHhjhI4spVhmxzp+EfdXUDDUW0tMNesrLTJUCQQDmIj+n/kjoh02RNNp6
        BXbkOrlbVQJ/ydFVLc+jbR08e7drXo3C4MmLFmsLkdPi7Xe+C36T6BWjPtMKzhk7
        J18/AkB/eaW+A0tLbhwOogo0j/YDW3qgXhl1QCOs/tPVNUnBkg49Mh3Tp+XpsFcO
        zuy1LGsg6aEUS62EtFHPGcaVSSGZAkEAkW3dOkVIP6GZVATJd8jSPCIcFmpfPPAF
        mEVt7MG8cwdffrtu7FLvKjUNim8qLkKQpAlRgRht7A58gVyCt04HMwJBALGGafFr
        e7Cdf+zXjmYfovvM2LXXoaqSGrAecBQnxvUEnsOds1+kYElYFQ4/b90T5cWNsVxR
        YgSqTAqJWaJJeLg=
        -----END PRIVATE KEY-----
        """
    public static let rsaThreePrimes = """
        -----BEGIN PRIVATE KEY-----
        MIIE8gIBADANBgkqhkiG9w0BAQEFAASCBNwwggTYAgEBAoIBAQCjcdThVbj4wX+M
        MQ87KhVjvoPr8M9oyBnCB3xqYBnKrADDKEy67uLinhwgE38iqjUgyeDe3tVautSU
        upXV+6vxYhkH8GAo0wu8luSVXqRaDtWl3ZKtCg0aJcErhzmnGUM/QK0pgm9Ce+Sd
        hVoY4FxMJnaWwxJvVAUOYOvoPnJLKB84rwcTByqGfyT/e0YHDQ5RlHABtGsOXeis
        +sRkQXtSNPcJvPNdhOua3nH1DG51WNO4IBtt5FbC83A0HBahQzxOG0x8rSzq8l8p
        w0vu1UeZipYWcD56zhNHS0hmvrsiQz1t7fabCyk1G16qXQ5OkmutcncF7V/GlJft
        RC/lYRTnAgMBAAECggEAR+/5H3ioYixgZCbPql26bl1TGQyzbU3tMF41H2jO0Upl
        R4A8TWaJS+8FOAT8xxgdLCJOrCltxHJI0HFTM4yCwEpJ9BmTaUSCfO35C9lNAypW
        VJuyS/bRy5kFaBP/q5m1RLsJrqZqm37hDWFKpkNemtYL6NeH8pVmRplfEYC68FDr
        ChA6m/oIELALyB3U5Y70XHrIWrQ+Xv0ZDm5zGGCJRp/I7yKUyvykM5T8hEFMA7nI
        i5nJ+bDb6KY5MbjXtj0RvbCuKBVedH+ON/8XbyDOos5JKriIqrM6BK/hNNzgKjDf
        ZQhyHjLKy68Up+/3C95ZCwopdHa6Q6p1+LgQhHMrgQJWB9W1KB2oCLDUM6jT+hrb
        E/9FUDEBAogPVd5YRmmmR6MFX8H9ILxCCMrO1Fn/YyoFc7pLqPYvM9bQMUUzQhEm
        qeQ9TJYNBVm0WxkzCWvaIeWobnfcrWkCVgY7uEnW1L04pWpoYa1addLFL7I6TJKd
        HCSqc1D9r38Z4GFipOtO3Nnukk5WL5yAtdywAzMFLiMgJwzJjHFW6mK9KvLo866n
        P7MK8zMn0UBdP/Lg89d3AlYEp9menQDdKTbv+8L7PDozB94IaRZQismSHS4XqXBF
        4XmwDXZ9nWEgGGQPi+tW4gGbY3jSTnh+NYhBvv1WpRp0mkxS1lemdkfWWoMZdh2J
        Rw9vlYptAQJWAtrREUhJ0Iuj/rLloV5fvfM/X/IhZbh8zjIedEZrXNu+Dvv9qiNJ
        NKp16VjBn3y3TeZy4KgLtFyiZdHc93+mAyi+Bdg42pGQs/Bc593hkQfkJNlv9AsC
        VgEn8N+8RY2dc44vl3nbloOaOnDeJqT7be1O9sUvEoMKh8ufzRClRtC7yVPYubJj
        +i1zF4QUm0w7PLc6US9kV3kpXl5Z5153DFudvRZL3nmBv3RwSB2+MIIBCzCCAQcC
        VgNYxivnn6Qbgly6ljsnFooJKP6hkofOGGurTAe8njV42QvVA/S3s9CYOERiRfTG
        wWwVXn9VR346l2w6DyG82zFPuHkPy+e5YdeJZEe5f2W5Flr4RzppAlYAyliTSfLk
        GTMin1aXxdWG6D7sVFB9DmmqFByyvxNGYbIxHy/9/dzT6P9w9xy6gK5xzmIxBH0M
        DN5ySwwD1cyWytMwlFB9+8Rl2Sb74Y17AsmK1pRL8QJVWQWGtzyUMspztlY/1gob
        3MkzXp6G8dcdQZI+GS15FWVJEXPVUZvM1SXOmY3hoNKkwVSEbwV3EEOP+AY4084l
        igHbxaF0P2qxd/dc3HKdSUHCFxxA0g==
        -----END PRIVATE KEY-----
        """
    public static let ecExplicit = """
        -----BEGIN EC PRIVATE KEY-----
        MIIBaAIBAQQgxGHmf4iXG7JCYUp+COMW7t0R4l+V1YWpAt+3UgGKqiKggfowgfcC
        AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////
        MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr
        vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE
        axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W
        K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8
        YyVRAgEBoUQDQgAEWF5wSyuOIA2VGziDZf1xIpmzYgAmlaGZpiv7odt5U+D6NVks
        dBcLertYOplQul1CNNmljBnX+KW1QJmDzrjrCA==
        -----END EC PRIVATE KEY-----
        """
    public static let ecExplicitPublic = """
        -----BEGIN PUBLIC KEY-----
        MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA
        AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////
        ///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd
        NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5
        RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA
        //////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABFhecEsrjiANlRs4g2X9cSKZ
        s2IAJpWhmaYr+6HbeVPg+jVZLHQXC3q7WDqZULpdQjTZpYwZ1/iltUCZg8646wg=
        -----END PUBLIC KEY-----
        """
    public static let p521 = """
        -----BEGIN EC PRIVATE KEY-----
        MIHcAgEBBEIAbztVyx2yQNz4zRjJ7Ws8B9537JI5k5TlbpyjyLxlA55oohBLGiJe
        QYDLHe3tpyOeBQFV0ZxImY2azp6LuqIrRsCgBwYFK4EEACOhgYkDgYYABAFQ0MD2
        1/dLFmaAaSLwAZJYn1SEmGQrCZ0S+Fd3sInnemZohfShlA0bPsaT+8hp3UfRNdKa
        vFJrP+kg5abORujqQAGsYGUdsuUOftgLleAGQ0in/E5mQSqmlQDimugcE93KWsj9
        yHf/goKMsDRAuoBdYDFd/Js0L0lvSVw5yl19cwXLfg==
        -----END EC PRIVATE KEY-----
        """
    public static let secp256k1 = """
        -----BEGIN EC PRIVATE KEY-----
        MHQCAQEEIEc79AUfU2Qg7/TNlwLRlPpuxSoTBS8gvNBbESSn62iCoAcGBSuBBAAK
        oUQDQgAED7ktdbtDZJbJn9fZ3OeGdeMJFL96V55LZZnoQbbmfe3b5l/xuF3EmkGH
        JofNO7Q5nchpNs7Aip3upFnWILwImQ==
        -----END EC PRIVATE KEY-----
        """
    public static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEICKfKhUArWx09uBQ39ux925RXzJFIJXJkp922yv1xPAk
        -----END PRIVATE KEY-----
        """
    /// The same keys as JWKs.
    public static let rsaJWK = #"""
        {
        "kty":"RSA",
        "n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "e":"AQAB",
        "d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
        "p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
        "q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
        "dp":"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
        "dq":"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
        "qi":"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U"
        }
        """#
    public static let ecJWK = #"""
        {
        "kty":"EC",
        "crv":"P-256",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
        }
        """#
    public static let p384JWK = #"""
        {
        "kty":"EC",
        "crv":"P-384",
        "x":"1_kboObSLDwOzTNUqlrdaGMA1PBl1ITRdU4AknicO2PhUJHQfuoClo09HN3P-HA9",
        "y":"IOCENWuUfkQwv-7g-bDlwgoSa25jft2JhABV2SH2Wuld1iOgNS1-H9WZSYaTHsYj",
        "d":"T7wd6t4tM0Jac8nIFvo34ObuekRVJhvQBTiAD_1me17KwWFNikhQ3fxifSzK9jQ6"
        }
        """#

    /// A Lua module that returns the keys by their names.
    public static var module: String {
        let keys = [
            ("rsa", rsa),
            ("rsaPKCS1", rsaPKCS1),
            ("rsaPublic", rsaPublic),
            ("rsaPublicPKCS1", rsaPublicPKCS1),
            ("rsaCertificate", rsaCertificate),
            ("rsaEncrypted", rsaEncrypted),
            ("ec", ec),
            ("ecSEC1", ecSEC1),
            ("ecWithoutPoint", ecWithoutPoint),
            ("ecPublic", ecPublic),
            ("ecPublicCompressed", ecPublicCompressed),
            ("ecCertificate", ecCertificate),
            ("ecEncrypted", ecEncrypted),
            ("p384", p384),
            ("p384Public", p384Public),
            ("rsa1024", rsa1024),
            ("rsaThreePrimes", rsaThreePrimes),
            ("ecExplicit", ecExplicit),
            ("ecExplicitPublic", ecExplicitPublic),
            ("p521", p521),
            ("secp256k1", secp256k1),
            ("ed25519", ed25519),
            ("rsaJWK", rsaJWK),
            ("ecJWK", ecJWK),
            ("p384JWK", p384JWK),
        ]
        return "return {\n" + keys.map { "\($0.0) = [[\n\($0.1)\n]],\n" }.joined() + "}\n"
    }
}
